/** An application's own answers as server-sent events, for its web page. */
@NullMarked
package dev.holdfast.client.browser;

import org.jspecify.annotations.NullMarked;
