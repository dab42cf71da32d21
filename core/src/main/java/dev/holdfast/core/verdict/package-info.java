/** What one response body amounts to: the judge of its ending and its opening. */
@NullMarked
package dev.holdfast.core.verdict;

import org.jspecify.annotations.NullMarked;
