/** What several packages of the module count with. Not exported. */
@NullMarked
package dev.holdfast.observe.parts;

import org.jspecify.annotations.NullMarked;
