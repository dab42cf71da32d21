/** Tests of the front for Durable Streams, over sockets. */
@NullMarked
package dev.holdfast.gateway.durable;

import org.jspecify.annotations.NullMarked;
