/**
 * The process around a command: streams, screen, exit codes, JSON lines and text made safe to show.
 */
@NullMarked
package dev.holdfast.cli.terminal;

import org.jspecify.annotations.NullMarked;
