/** One stream: the machine's driver and what leaves for the client. */
@NullMarked
package dev.holdfast.gateway.stream;

import org.jspecify.annotations.NullMarked;
