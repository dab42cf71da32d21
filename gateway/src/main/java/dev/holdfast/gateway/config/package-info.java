/** What the operator decides: upstreams, limits, clocks. */
@NullMarked
package dev.holdfast.gateway.config;

import org.jspecify.annotations.NullMarked;
