/** The debugger without sockets where that is possible, and with raw ones where not. */
@NullMarked
package dev.holdfast.observe.debug;

import org.jspecify.annotations.NullMarked;
