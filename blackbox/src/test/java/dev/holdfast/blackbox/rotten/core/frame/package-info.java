/** Rotten on purpose; see ArchitectureTest. */
@NullMarked
package dev.holdfast.blackbox.rotten.core.frame;

import org.jspecify.annotations.NullMarked;
