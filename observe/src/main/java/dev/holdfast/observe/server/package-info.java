/** A monitor over HTTP, for one's own eyes: JSON, an event stream, and what is mounted. */
@NullMarked
package dev.holdfast.observe.server;

import org.jspecify.annotations.NullMarked;
