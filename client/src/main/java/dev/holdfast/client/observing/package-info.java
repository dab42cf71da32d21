/** Notifies observers without letting them slow or break a stream. */
@org.jspecify.annotations.NullMarked
package dev.holdfast.client.observing;
