/** Rotten on purpose; see ArchitectureTest. */
@NullMarked
package dev.holdfast.blackbox.rotten.core.spi;

import org.jspecify.annotations.NullMarked;
