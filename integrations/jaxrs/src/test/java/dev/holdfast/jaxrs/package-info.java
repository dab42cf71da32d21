/** A resource of Jersey's, read by raw sockets. */
@NullMarked
package dev.holdfast.jaxrs;

import org.jspecify.annotations.NullMarked;
