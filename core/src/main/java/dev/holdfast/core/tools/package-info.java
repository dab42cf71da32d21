/** Which tool calls of an answer are whole. The only judge of it; parses JSON as far as needed. */
@NullMarked
package dev.holdfast.core.tools;

import org.jspecify.annotations.NullMarked;
