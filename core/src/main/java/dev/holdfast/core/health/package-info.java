/**
 * How an upstream fares: its circuit breaker, its retry budget, and whether it may be asked now.
 */
@NullMarked
package dev.holdfast.core.health;

import org.jspecify.annotations.NullMarked;
