/** What gathers the facts of an exchange while it is under way, in constant memory. */
@NullMarked
package dev.holdfast.observe.debug.tally;

import org.jspecify.annotations.NullMarked;
