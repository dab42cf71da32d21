@NullMarked
package dev.holdfast.observe.dashboard;

import org.jspecify.annotations.NullMarked;
