/** The command that shows a monitor's streams. */
@NullMarked
package dev.holdfast.cli.watch;

import org.jspecify.annotations.NullMarked;
