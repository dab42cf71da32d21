package dev.holdfast.gateway.stream;

import dev.holdfast.gateway.message.Credentials;
import dev.holdfast.gateway.message.ForwardedHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What makes two requests the same: credentials, address, body, the {@code Idempotency-Key}, and
 * every other header that an upstream receives. Left out are the headers that a repetition changes
 * without asking for another answer: those of the client's program, of a trace, and of a proxy.
 *
 * @param hash of all of it; holds no key and no prompt
 * @param explicit whether the client gave it an {@code Idempotency-Key}
 */
public record RequestIdentity(String hash, boolean explicit) {
  private static final String IDEMPOTENCY_KEY = "idempotency-key";

  /** Compared although no upstream receives it: a proxy may let clients in by cookies. */
  private static final String COOKIE = "cookie";

  private static final Set<String> NOT_COMPARED =
      Set.of(
          "b3",
          "baggage",
          "cache-control",
          "content-length",
          "date",
          "dnt",
          "forwarded",
          "last-event-id",
          "origin",
          "pragma",
          "priority",
          "referer",
          "request-id",
          "traceparent",
          "tracestate",
          "user-agent",
          "via",
          "x-amzn-trace-id",
          "x-client-request-id",
          "x-cloud-trace-context",
          "x-correlation-id",
          "x-real-ip",
          "x-request-id");

  private static final List<String> NOT_COMPARED_PREFIXES =
      List.of("accept", "holdfast-", "sec-", "x-b3-", "x-forwarded-", "x-stainless-");

  /**
   * {@return the identity of a request}
   *
   * @param headers as the client sent them
   * @param target path and query
   */
  public static RequestIdentity of(HttpHeaders headers, String target, byte[] body) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every JDK has it.
    }
    part(digest, target);
    var compared = new TreeMap<String, List<String>>();
    ForwardedHeaders.map(ForwardedHeaders.upstream(headers))
        .forEach((name, lines) -> {
          if (isCompared(name)) {
            compared.put(name, lines);
          }
        });
    if (headers.contains(COOKIE)) {
      compared.put(COOKIE, headers.getAll(COOKIE));
    }
    for (Map.Entry<String, List<String>> header : compared.entrySet()) {
      part(digest, header.getKey());
      part(digest, String.join("\n", header.getValue()));
    }
    part(digest, "");
    digest.update(body);
    return new RequestIdentity(
        HexFormat.of().formatHex(digest.digest()), headers.contains(IDEMPOTENCY_KEY));
  }

  private static boolean isCompared(String name) {
    return Credentials.isCredential(name)
        || (!NOT_COMPARED.contains(name)
            && NOT_COMPARED_PREFIXES.stream().noneMatch(name::startsWith));
  }

  private static void part(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
    digest.update(bytes);
  }
}
