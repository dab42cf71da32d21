/**
 * Where a continuation joins the text that was delivered: evidence before the cut, alignment, and
 * what is put right around the seam. See docs/recovery.md.
 */
@NullMarked
package dev.holdfast.core.seam;

import org.jspecify.annotations.NullMarked;
