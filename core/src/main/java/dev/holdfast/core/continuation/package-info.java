/**
 * Rules of a continuation: which rung, how much output it may have, and what it must not repeat.
 */
@NullMarked
package dev.holdfast.core.continuation;

import org.jspecify.annotations.NullMarked;
