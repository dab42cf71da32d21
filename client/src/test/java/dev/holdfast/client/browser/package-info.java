/** The events of an answer, as pages read them. */
@NullMarked
package dev.holdfast.client.browser;

import org.jspecify.annotations.NullMarked;
