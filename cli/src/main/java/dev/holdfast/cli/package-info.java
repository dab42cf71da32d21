/** The {@code holdfast} command: demo, chat, inspect, faults. docs/cli.md is its manual. */
@NullMarked
package dev.holdfast.cli;

import org.jspecify.annotations.NullMarked;
