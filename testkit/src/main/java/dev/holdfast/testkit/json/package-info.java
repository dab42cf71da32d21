/** JSON as a tree that remembers its lines. */
@NullMarked
package dev.holdfast.testkit.json;

import org.jspecify.annotations.NullMarked;
