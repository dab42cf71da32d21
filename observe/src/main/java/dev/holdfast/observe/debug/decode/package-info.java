/** HTTP responses and content codings, taken apart as the bytes come. */
@NullMarked
package dev.holdfast.observe.debug.decode;

import org.jspecify.annotations.NullMarked;
