package dev.holdfast.gateway.upstream;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import org.jspecify.annotations.Nullable;

/**
 * One request to an upstream.
 *
 * @param method its method
 * @param target path and query
 * @param headers what it carries besides framing and {@code Host}
 * @param body the whole body; null where the body follows piece by piece, or there is none
 * @param length of a body that follows; -1 for one of unknown length, -2 for none
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record UpstreamRequest(
    HttpMethod method, String target, HttpHeaders headers, byte @Nullable [] body, long length) {
  /** The length of a body that follows chunked. */
  public static final long CHUNKED = -1;

  /** The length of no body. */
  public static final long NONE = -2;

  /** {@return a request with a whole body} */
  public static UpstreamRequest whole(
      HttpMethod method, String target, HttpHeaders headers, byte[] body) {
    return new UpstreamRequest(method, target, headers, body, body.length);
  }

  /** {@return its method and length; everything else may hold a key or the prompt} */
  @Override
  public String toString() {
    return "UpstreamRequest[method=%s, length=%d]".formatted(method, length);
  }
}
