/** Connections to upstreams, on the event loop of the client's connection. */
@NullMarked
package dev.holdfast.gateway.upstream;

import org.jspecify.annotations.NullMarked;
