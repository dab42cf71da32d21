/** Streams and their outcomes, as lines for people and for programs. */
@NullMarked
package dev.holdfast.cli.stream;

import org.jspecify.annotations.NullMarked;
