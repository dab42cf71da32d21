/** The bodies that benchmarks read, and what a reader holds of them. */
@org.jspecify.annotations.NullMarked
package dev.holdfast.benchmarks.corpus;
