/** What a drop-in costs an SDK whose streams are healthy. */
@NullMarked
package dev.holdfast.benchmarks.dropins;

import org.jspecify.annotations.NullMarked;
