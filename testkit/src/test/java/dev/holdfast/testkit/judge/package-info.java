@NullMarked
package dev.holdfast.testkit.judge;

import org.jspecify.annotations.NullMarked;
