/** A provider while a stream is simulated: its model, its link, and what it keeps. */
@NullMarked
package dev.holdfast.testkit.sim.upstream;

import org.jspecify.annotations.NullMarked;
