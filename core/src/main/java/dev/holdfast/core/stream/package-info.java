/** The vocabulary: events, causes, failures, verdicts, seams. Depends on nothing. */
@NullMarked
package dev.holdfast.core.stream;

import org.jspecify.annotations.NullMarked;
