/** One stream as one response body: the first attempt's bytes, then what continues them. */
@NullMarked
package dev.holdfast.core.relay;

import org.jspecify.annotations.NullMarked;
