/** Rules that recognise what was wrong with an exchange, and their findings. */
@NullMarked
package dev.holdfast.observe.debug.rules;

import org.jspecify.annotations.NullMarked;
