/** Connections of clients that speak HTTP/2: frames, windows, and what floods are ended by. */
@NullMarked
package dev.holdfast.gateway.http2;

import org.jspecify.annotations.NullMarked;
