/** What reading streams over sockets costs, against a plain client of the JDK and other peers. */
@NullMarked
package dev.holdfast.benchmarks.sockets;

import org.jspecify.annotations.NullMarked;
