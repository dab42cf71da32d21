/** A monitor over HTTP, for one's own eyes: JSON, an event stream, and whatever is mounted. */
@NullMarked
package dev.holdfast.observe.server;

import org.jspecify.annotations.NullMarked;
