/** Upstreams with what all their streams share. */
@NullMarked
package dev.holdfast.gateway.upstream;

import org.jspecify.annotations.NullMarked;
