/** The command that simulates streams from seeds. */
@NullMarked
package dev.holdfast.cli.simulate;

import org.jspecify.annotations.NullMarked;
