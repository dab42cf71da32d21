/** The ports that sibling modules implement, so that they never see each other. */
@NullMarked
package dev.holdfast.core.spi;

import org.jspecify.annotations.NullMarked;
