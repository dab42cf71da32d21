/** A server that serves a recording again. */
@NullMarked
package dev.holdfast.observe.debug.replay;

import org.jspecify.annotations.NullMarked;
