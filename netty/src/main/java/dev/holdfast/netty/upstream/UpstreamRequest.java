package dev.holdfast.netty.upstream;

import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One request to an upstream.
 *
 * @param method its method
 * @param target path and query
 * @param headers what it carries besides framing and {@code Host}
 * @param source makes the whole body, when it is sent; null where the body follows piece by piece,
 *     or there is none
 * @param length of a body that follows; -1 for one of unknown length, -2 for none
 */
public record UpstreamRequest(
    HttpMethod method,
    String target,
    HttpHeaders headers,
    @Nullable BodySource source,
    long length) {
  private static final Set<HttpMethod> IDEMPOTENT =
      Set.of(
          HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS, HttpMethod.PUT, HttpMethod.DELETE);

  /** The length of a body that follows chunked. */
  public static final long CHUNKED = -1;

  /** The length of no body. */
  public static final long NONE = -2;

  /** {@return a request with a whole body} */
  public static UpstreamRequest whole(
      HttpMethod method, String target, HttpHeaders headers, byte[] body) {
    return new UpstreamRequest(method, target, headers, BodySource.of(() -> body), body.length);
  }

  /** {@return a request with a text as its body, sent as UTF-8} */
  public static UpstreamRequest utf8(
      HttpMethod method, String target, HttpHeaders headers, String text) {
    int bytes = ByteBufUtil.utf8Bytes(text);
    return new UpstreamRequest(method, target, headers, BodySource.utf8(text, bytes), bytes);
  }

  /** {@return whether its body follows piece by piece} */
  boolean isPiecemeal() {
    return source == null && length != NONE;
  }

  /**
   * {@return whether it may be sent again on another connection if the first proves dead} A request
   * for a generation may: nothing of an answer has arrived. Another one may if it changes nothing
   * (RFC 9110 section 9.2.2).
   */
  boolean isRepeatable() {
    return source != null || (!isPiecemeal() && IDEMPOTENT.contains(method));
  }

  /** {@return what an answered request is still needed for: its method} A stream is kept long. */
  UpstreamRequest answered() {
    return new UpstreamRequest(method, "", EmptyHttpHeaders.INSTANCE, null, NONE);
  }

  /** {@return its method and length; everything else may hold a key or the prompt} */
  @Override
  public String toString() {
    return "UpstreamRequest[method=%s, length=%d]".formatted(method, length);
  }
}
