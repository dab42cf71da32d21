/**
 * Which tool calls of an answer are whole. The only judge of it; knows JSON as far as that takes.
 */
@NullMarked
package dev.holdfast.core.tools;

import org.jspecify.annotations.NullMarked;
