/**
 * The stream debugger: one HTTP exchange seen byte by byte, judged by the core's own dialects, and
 * explained. {@link dev.holdfast.observe.debug.Session} and everything it is made of are without
 * I/O and take the time as an argument. So a recording is read by the same code as a socket; {@code
 * Wire}, {@code ReplayServer} and {@code CurlOutput} are the edges.
 */
@NullMarked
package dev.holdfast.observe.debug;

import org.jspecify.annotations.NullMarked;
