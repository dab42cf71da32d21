/** Every fault and every behaviour of a model, on real sockets, against the real client. */
@NullMarked
package dev.holdfast.blackbox.matrix;

import org.jspecify.annotations.NullMarked;
