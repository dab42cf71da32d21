/** How numbers are distributed, in bounded memory. Not exported: for the module's own use. */
@NullMarked
package dev.holdfast.observe.histogram;

import org.jspecify.annotations.NullMarked;
