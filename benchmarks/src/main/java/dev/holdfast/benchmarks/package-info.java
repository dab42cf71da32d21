/** How fast Holdfast reads, as ratios against peers that read the same bytes in the same run. */
@NullMarked
package dev.holdfast.benchmarks;

import org.jspecify.annotations.NullMarked;
