@NullMarked
package dev.holdfast.core.tools;

import org.jspecify.annotations.NullMarked;
