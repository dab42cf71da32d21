/**
 * The ports of a provider protocol: frames to events, and requests that start and continue answers.
 */
@NullMarked
package dev.holdfast.core.dialect;

import org.jspecify.annotations.NullMarked;
