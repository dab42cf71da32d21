/** What a client with a journal is configured by, and refuses. */
@NullMarked
package dev.holdfast.client.journal;

import org.jspecify.annotations.NullMarked;
