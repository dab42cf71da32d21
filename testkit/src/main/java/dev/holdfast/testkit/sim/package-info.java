/**
 * A seeded simulation of whole streams in virtual time: the real engine and dialects, a scripted
 * model, a bad network, no socket and no thread. {@link dev.holdfast.testkit.sim.Simulation} runs
 * one seed and checks every invariant after every step; {@link dev.holdfast.testkit.sim.Campaign}
 * runs many, on all processors.
 */
@NullMarked
package dev.holdfast.testkit.sim;

import org.jspecify.annotations.NullMarked;
