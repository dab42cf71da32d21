/** The report of one exchange, as JSON, as HTML and in words. */
@NullMarked
package dev.holdfast.observe.debug.report;

import org.jspecify.annotations.NullMarked;
