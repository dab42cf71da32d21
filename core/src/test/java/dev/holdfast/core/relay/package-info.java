/** The body that heals: every byte of it, for every cut. */
@NullMarked
package dev.holdfast.core.relay;

import org.jspecify.annotations.NullMarked;
