/** Proof that framing follows the standard, is bounded, and does not depend on chunks. */
@NullMarked
package dev.holdfast.core.frame;

import org.jspecify.annotations.NullMarked;
