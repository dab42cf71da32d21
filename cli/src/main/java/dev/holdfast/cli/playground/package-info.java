/** The playground: one page on which a user breaks an answer, and sees it arrive whole. */
@NullMarked
package dev.holdfast.cli.playground;

import org.jspecify.annotations.NullMarked;
