/** The Durable Streams protocol over a journal: streams by name that clients write and read. */
@NullMarked
package dev.holdfast.gateway.durable;

import org.jspecify.annotations.NullMarked;
