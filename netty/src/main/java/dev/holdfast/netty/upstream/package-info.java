/**
 * Connections to upstreams, on event loops: dialing, the pool, HTTP/1.1 and HTTP/2. Shared by the
 * transport of the library and the upstream side of the gateway.
 */
@NullMarked
package dev.holdfast.netty.upstream;

import org.jspecify.annotations.NullMarked;
