/** Answers of Holdfast's client as server-sent events, in a resource of JAX-RS. */
@NullMarked
package dev.holdfast.jaxrs;

import org.jspecify.annotations.NullMarked;
