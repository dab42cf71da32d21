/** The command line, run in this JVM with streams of the tests' own. */
@NullMarked
package dev.holdfast.cli;

import org.jspecify.annotations.NullMarked;
