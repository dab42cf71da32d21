/** Frames to events and back, one provider protocol at a time; the only place that knows JSON. */
@NullMarked
package dev.holdfast.core.dialect;

import org.jspecify.annotations.NullMarked;
