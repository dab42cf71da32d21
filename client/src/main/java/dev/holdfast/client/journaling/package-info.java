/** The streams of a client in its journal: written as they come, and read again. */
@NullMarked
package dev.holdfast.client.journaling;

import org.jspecify.annotations.NullMarked;
