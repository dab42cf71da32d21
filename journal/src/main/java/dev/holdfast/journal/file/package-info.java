/** The file system as the journal sees it, so that tests can plant one that fails. */
@NullMarked
package dev.holdfast.journal.file;

import org.jspecify.annotations.NullMarked;
