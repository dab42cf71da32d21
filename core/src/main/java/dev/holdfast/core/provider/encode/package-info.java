/** The events of a stream, written as one response body of a protocol that clients speak. */
@NullMarked
package dev.holdfast.core.provider.encode;

import org.jspecify.annotations.NullMarked;
