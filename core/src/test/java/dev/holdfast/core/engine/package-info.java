@NullMarked
package dev.holdfast.core.engine;

import org.jspecify.annotations.NullMarked;
