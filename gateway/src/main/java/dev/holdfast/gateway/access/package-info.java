/** Keys of the gateway's own: which tenant sends a request, and how much it may ask. */
@NullMarked
package dev.holdfast.gateway.access;

import org.jspecify.annotations.NullMarked;
