/** What a diagnosis rests on: the content of the body, and when it came. */
@NullMarked
package dev.holdfast.observe.debug.facts;

import org.jspecify.annotations.NullMarked;
