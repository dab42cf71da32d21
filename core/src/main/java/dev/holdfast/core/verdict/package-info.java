/** What one response body amounts to: the judge of its ending, its opening, and its usage. */
@NullMarked
package dev.holdfast.core.verdict;

import org.jspecify.annotations.NullMarked;
