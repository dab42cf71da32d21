/** Rotten on purpose; see ArchitectureTest. */
@NullMarked
package dev.holdfast.blackbox.rotten.core.stream;

import org.jspecify.annotations.NullMarked;
