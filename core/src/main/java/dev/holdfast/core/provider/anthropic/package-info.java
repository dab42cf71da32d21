/** Anthropic's Messages. */
@NullMarked
package dev.holdfast.core.provider.anthropic;

import org.jspecify.annotations.NullMarked;
