/** What people paste is matched with what is known, and nothing else is. */
@NullMarked
package dev.holdfast.observe.explain;

import org.jspecify.annotations.NullMarked;
