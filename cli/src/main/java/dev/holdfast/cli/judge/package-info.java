/** The command that judges streaming clients by the faults. */
@NullMarked
package dev.holdfast.cli.judge;

import org.jspecify.annotations.NullMarked;
