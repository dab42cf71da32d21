/** The embedded journal: options, the journal itself, and a reader for its files. */
@NullMarked
package dev.holdfast.journal;

import org.jspecify.annotations.NullMarked;
