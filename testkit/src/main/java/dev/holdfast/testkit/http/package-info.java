/** HTTP/1.1 as a server reads and writes it. */
@NullMarked
package dev.holdfast.testkit.http;

import org.jspecify.annotations.NullMarked;
