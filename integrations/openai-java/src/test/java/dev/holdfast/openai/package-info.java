/** The real SDK against the fault server. */
@NullMarked
package dev.holdfast.openai;

import org.jspecify.annotations.NullMarked;
