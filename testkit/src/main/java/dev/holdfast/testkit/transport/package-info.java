/** Servers whose bytes a test writes itself, and a record of what a transport reports. */
@NullMarked
package dev.holdfast.testkit.transport;

import org.jspecify.annotations.NullMarked;
