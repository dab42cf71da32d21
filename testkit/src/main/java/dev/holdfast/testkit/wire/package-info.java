/** The bytes of each protocol, written from templates of our own. */
@NullMarked
package dev.holdfast.testkit.wire;

import org.jspecify.annotations.NullMarked;
