/** A transport on Netty: HTTP/1.1 and HTTP/2 on one event loop. */
@NullMarked
package dev.holdfast.netty;

import org.jspecify.annotations.NullMarked;
