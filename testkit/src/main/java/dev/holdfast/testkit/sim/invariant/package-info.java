/** What must hold after every step of every simulated stream. */
@NullMarked
package dev.holdfast.testkit.sim.invariant;

import org.jspecify.annotations.NullMarked;
