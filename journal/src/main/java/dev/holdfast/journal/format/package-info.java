/** The bytes of a journal: docs/journal-format.md, as code. */
@NullMarked
package dev.holdfast.journal.format;

import org.jspecify.annotations.NullMarked;
