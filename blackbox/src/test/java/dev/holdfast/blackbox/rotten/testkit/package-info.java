/** Rotten on purpose; see ArchitectureTest. */
@NullMarked
package dev.holdfast.blackbox.rotten.testkit;

import org.jspecify.annotations.NullMarked;
