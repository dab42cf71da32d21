/** Streams kept whole in every SDK that runs over OkHttp, by one interceptor. */
@NullMarked
package dev.holdfast.okhttp;

import org.jspecify.annotations.NullMarked;
