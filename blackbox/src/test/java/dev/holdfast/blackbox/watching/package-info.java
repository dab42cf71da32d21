/** What those who watch are told of streams over real sockets. */
@NullMarked
package dev.holdfast.blackbox.watching;

import org.jspecify.annotations.NullMarked;
