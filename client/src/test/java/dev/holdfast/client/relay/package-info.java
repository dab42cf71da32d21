/** The body that heals, over a client that has no part in it. */
@NullMarked
package dev.holdfast.client.relay;

import org.jspecify.annotations.NullMarked;
