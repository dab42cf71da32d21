/** The dashboard in a real browser. */
@NullMarked
package dev.holdfast.blackbox.dashboard;

import org.jspecify.annotations.NullMarked;
