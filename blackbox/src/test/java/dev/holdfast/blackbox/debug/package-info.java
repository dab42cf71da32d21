/** The debugger against every fault, on real sockets. */
@NullMarked
package dev.holdfast.blackbox.debug;

import org.jspecify.annotations.NullMarked;
