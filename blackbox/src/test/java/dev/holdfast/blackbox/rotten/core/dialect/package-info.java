/** Rotten on purpose; see ArchitectureTest. */
@NullMarked
package dev.holdfast.blackbox.rotten.core.dialect;

import org.jspecify.annotations.NullMarked;
