/** The embedded journal, beside a library that stores the same, and the journal in Redis. */
@NullMarked
package dev.holdfast.benchmarks.journal;

import org.jspecify.annotations.NullMarked;
