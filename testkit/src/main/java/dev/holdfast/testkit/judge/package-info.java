/** Judges a streaming client: runs it against the faults and reports where it lied. */
@NullMarked
package dev.holdfast.testkit.judge;

import org.jspecify.annotations.NullMarked;
