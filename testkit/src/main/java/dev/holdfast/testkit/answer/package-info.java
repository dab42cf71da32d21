/** A model's intended answer, and the events of the wire that it becomes. */
@NullMarked
package dev.holdfast.testkit.answer;

import org.jspecify.annotations.NullMarked;
