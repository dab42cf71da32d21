/**
 * What causes mean, and which causes the messages of other programs point to. The messages are the
 * table {@code messages.txt} beside these classes; nothing here does I/O except the loading.
 */
@NullMarked
package dev.holdfast.observe.explain;

import org.jspecify.annotations.NullMarked;
