/** The gateway: starts, listens, drains. */
@NullMarked
package dev.holdfast.gateway;

import org.jspecify.annotations.NullMarked;
