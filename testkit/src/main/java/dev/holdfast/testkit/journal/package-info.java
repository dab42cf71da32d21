/** A journal in memory, for tests of what uses one. */
@NullMarked
package dev.holdfast.testkit.journal;

import org.jspecify.annotations.NullMarked;
