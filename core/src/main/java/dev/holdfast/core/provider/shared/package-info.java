/** What readers and requests of several provider families have in common. */
@NullMarked
package dev.holdfast.core.provider.shared;

import org.jspecify.annotations.NullMarked;
