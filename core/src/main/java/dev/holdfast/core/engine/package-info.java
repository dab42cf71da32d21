/**
 * The state machine of one stream: signals in, actions out. See docs/driving.md for its contract
 * and docs/design.md for which type keeps which state.
 */
@NullMarked
package dev.holdfast.core.engine;

import org.jspecify.annotations.NullMarked;
