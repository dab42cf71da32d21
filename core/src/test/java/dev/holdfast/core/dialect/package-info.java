/** Frames to events, judged by synthetic fixtures, by real recordings and by comparison. */
@NullMarked
package dev.holdfast.core.dialect;

import org.jspecify.annotations.NullMarked;
