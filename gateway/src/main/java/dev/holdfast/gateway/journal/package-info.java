/** Streams in a journal: their entries, their readers, and what a restart needs. */
@NullMarked
package dev.holdfast.gateway.journal;

import org.jspecify.annotations.NullMarked;
