/** One shard of the log: what is in memory, how it is written, read and recovered. */
@NullMarked
package dev.holdfast.journal.log;

import org.jspecify.annotations.NullMarked;
