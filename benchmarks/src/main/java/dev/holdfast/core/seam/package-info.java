/** Benchmarks of what the seam keeps to itself; in its package to reach it. */
@org.jspecify.annotations.NullMarked
package dev.holdfast.core.seam;
