/** Rotten on purpose; see ArchitectureTest. */
@NullMarked
package dev.holdfast.blackbox.rotten.core.engine;

import org.jspecify.annotations.NullMarked;
