@NullMarked
package dev.holdfast.core.seam;

import org.jspecify.annotations.NullMarked;
