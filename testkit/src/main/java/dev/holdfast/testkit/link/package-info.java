/** The faulty link: a pure function of reply, faults, seed and time to the bytes that arrive. */
@NullMarked
package dev.holdfast.testkit.link;

import org.jspecify.annotations.NullMarked;
