/** The registry of all protocols that Holdfast reads and speaks. */
@NullMarked
package dev.holdfast.core.provider;

import org.jspecify.annotations.NullMarked;
