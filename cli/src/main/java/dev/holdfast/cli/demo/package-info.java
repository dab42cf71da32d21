/** The command that breaks an answer on purpose and delivers it whole. */
@NullMarked
package dev.holdfast.cli.demo;

import org.jspecify.annotations.NullMarked;
