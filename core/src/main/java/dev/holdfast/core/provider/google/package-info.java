/** Google's protocols: Gemini and its Interactions. */
@NullMarked
package dev.holdfast.core.provider.google;

import org.jspecify.annotations.NullMarked;
