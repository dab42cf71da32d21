/** Real SDKs over OkHttp against the fault server. */
@NullMarked
package dev.holdfast.okhttp;

import org.jspecify.annotations.NullMarked;
