/** A cluster of gateways in virtual time, drawn from a seed. */
@NullMarked
package dev.holdfast.gateway.cluster;

import org.jspecify.annotations.NullMarked;
