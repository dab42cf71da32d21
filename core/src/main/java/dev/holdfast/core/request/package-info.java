/** What a caller asks of a model, in no protocol's words. */
@NullMarked
package dev.holdfast.core.request;

import org.jspecify.annotations.NullMarked;
