/** The real SDK against the fault server. */
@NullMarked
package dev.holdfast.anthropic;

import org.jspecify.annotations.NullMarked;
