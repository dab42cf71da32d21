/** The command that explains causes and error messages. */
@NullMarked
package dev.holdfast.cli.explain;

import org.jspecify.annotations.NullMarked;
