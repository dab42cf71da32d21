/** What a stream cost in tokens: the one place that computes it, over all attempts. */
@NullMarked
package dev.holdfast.core.usage;

import org.jspecify.annotations.NullMarked;
