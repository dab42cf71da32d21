/** Rotten on purpose; see ArchitectureTest. */
@NullMarked
package dev.holdfast.blackbox.rotten.core.policy;

import org.jspecify.annotations.NullMarked;
