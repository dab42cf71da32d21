/** What the exceptions of an answer that is not complete report in words. */
@NullMarked
package dev.holdfast.client.failure;

import org.jspecify.annotations.NullMarked;
