/** Connections of clients: strict reading, time limits, one exchange after another. */
@NullMarked
package dev.holdfast.gateway.server;

import org.jspecify.annotations.NullMarked;
