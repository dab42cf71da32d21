/** What the gateway costs beside nginx as a plain relay, on the same machine in the same run. */
@NullMarked
package dev.holdfast.benchmarks.gateway;

import org.jspecify.annotations.NullMarked;
