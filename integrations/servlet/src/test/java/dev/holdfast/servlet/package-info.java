/** A servlet of Jetty's, read by raw sockets. */
@NullMarked
package dev.holdfast.servlet;

import org.jspecify.annotations.NullMarked;
