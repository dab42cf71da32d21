/** A monitor over HTTP, for local use: JSON, an event stream, and the mounted routes. */
@NullMarked
package dev.holdfast.observe.server;

import org.jspecify.annotations.NullMarked;
