/** Tests of what the client writes into a journal. */
@NullMarked
package dev.holdfast.client.journaling;

import org.jspecify.annotations.NullMarked;
