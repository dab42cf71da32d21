/** Rotten on purpose; see ArchitectureTest. */
@NullMarked
package dev.holdfast.blackbox.rotten.cli;

import org.jspecify.annotations.NullMarked;
