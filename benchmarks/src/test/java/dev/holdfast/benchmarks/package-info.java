/** Proof that needs the JVM's own meters, or that the benchmarks measure what they say. */
@NullMarked
package dev.holdfast.benchmarks;

import org.jspecify.annotations.NullMarked;
