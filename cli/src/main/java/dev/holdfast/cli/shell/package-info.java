/** What a shell and a manual page know of the command, made from the command's own table. */
@NullMarked
package dev.holdfast.cli.shell;

import org.jspecify.annotations.NullMarked;
