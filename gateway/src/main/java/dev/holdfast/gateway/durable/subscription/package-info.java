/** Subscriptions of Durable Streams: workers are woken when streams have something new. */
@NullMarked
package dev.holdfast.gateway.durable.subscription;

import org.jspecify.annotations.NullMarked;
