/** Tests of subscriptions, without sockets. */
@NullMarked
package dev.holdfast.gateway.durable.subscription;

import org.jspecify.annotations.NullMarked;
