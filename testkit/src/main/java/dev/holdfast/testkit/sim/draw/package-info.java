/** What a seed decides before a simulated stream begins. */
@NullMarked
package dev.holdfast.testkit.sim.draw;

import org.jspecify.annotations.NullMarked;
