/** The embedded journal, beside a library that stores the same. */
@NullMarked
package dev.holdfast.benchmarks.journal;

import org.jspecify.annotations.NullMarked;
