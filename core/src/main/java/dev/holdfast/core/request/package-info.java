/** A caller's request to a model, independent of protocols. */
@NullMarked
package dev.holdfast.core.request;

import org.jspecify.annotations.NullMarked;
