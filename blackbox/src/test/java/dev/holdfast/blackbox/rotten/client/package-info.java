/** Rotten on purpose; see ArchitectureTest. */
@NullMarked
package dev.holdfast.blackbox.rotten.client;

import org.jspecify.annotations.NullMarked;
