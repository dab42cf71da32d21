/** What gateways with one Redis share beside their streams, and what holds while it is away. */
@NullMarked
package dev.holdfast.gateway.shared;

import org.jspecify.annotations.NullMarked;
