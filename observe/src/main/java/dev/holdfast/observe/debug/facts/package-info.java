/** What a diagnosis rests on: what the body held, and when. */
@NullMarked
package dev.holdfast.observe.debug.facts;

import org.jspecify.annotations.NullMarked;
