/** A page that shows a monitor's streams in a browser. */
@NullMarked
package dev.holdfast.observe.dashboard;

import org.jspecify.annotations.NullMarked;
