/** The state machine of one stream: signals in, actions out. See docs/driving.md. */
@NullMarked
package dev.holdfast.core.engine;

import org.jspecify.annotations.NullMarked;
