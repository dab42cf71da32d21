/** Proof that the test kit does what it says. */
@NullMarked
package dev.holdfast.testkit;

import org.jspecify.annotations.NullMarked;
