/** How often a cut answer is continued, and that it is never continued wrongly. */
@NullMarked
package dev.holdfast.blackbox.seam;

import org.jspecify.annotations.NullMarked;
