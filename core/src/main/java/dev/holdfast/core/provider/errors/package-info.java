/** What a provider's error means: its cause, whether it may heal, and how long to wait. */
@NullMarked
package dev.holdfast.core.provider.errors;

import org.jspecify.annotations.NullMarked;
