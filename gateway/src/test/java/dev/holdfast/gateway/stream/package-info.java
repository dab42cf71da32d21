/** What continues the streams of another process. */
@NullMarked
package dev.holdfast.gateway.stream;

import org.jspecify.annotations.NullMarked;
