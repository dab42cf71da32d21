/** Faults as values, the protocols in which they strike, and scripts of which strikes when. */
@NullMarked
package dev.holdfast.testkit.fault;

import org.jspecify.annotations.NullMarked;
