/** JSON documents and text, read and written without loss: numbers and unknown members verbatim. */
@NullMarked
package dev.holdfast.core.json;

import org.jspecify.annotations.NullMarked;
