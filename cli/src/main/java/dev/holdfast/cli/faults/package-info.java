/** The command that runs a fault server. */
@NullMarked
package dev.holdfast.cli.faults;

import org.jspecify.annotations.NullMarked;
