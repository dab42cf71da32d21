/** The command that asks any compatible endpoint for one answer. */
@NullMarked
package dev.holdfast.cli.chat;

import org.jspecify.annotations.NullMarked;
