/** Streams as meters of Micrometer and as spans and metrics of OpenTelemetry. */
@NullMarked
package dev.holdfast.observe.metrics;

import org.jspecify.annotations.NullMarked;
