/** The commands that read the files of a journal. */
@NullMarked
package dev.holdfast.cli.journal;

import org.jspecify.annotations.NullMarked;
