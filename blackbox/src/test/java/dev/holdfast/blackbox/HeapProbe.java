package dev.holdfast.blackbox;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.request.ChatRequest;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;

/** Streams one answer with the default settings and tells how it went; run with a small heap. */
final class HeapProbe {
  private HeapProbe() {}

  /** Takes the dialect and the base URL; prints verdict, cause, bytes and characters of text. */
  public static void main(String[] args) throws IOException {
    try (var holdfast =
            Holdfast.builder()
                .upstream(Upstream.of(args[0], args[1], "key"))
                .policy(StreamPolicy.DEFAULT.withRetry(RetryPolicy.NONE))
                .build();
        var stream = holdfast.stream(ChatRequest.to("m").user("hello").build())) {
      var outcome = stream.outcome();
      System.out.printf(
          "%s %s %d %d%n",
          outcome.verdict().name(),
          outcome.cause().map(Object::toString).orElse("-"),
          outcome.bytes(),
          length(outcome.textReader()));
    }
  }

  private static long length(Reader reader) throws IOException {
    try (reader) {
      return reader.transferTo(Writer.nullWriter());
    }
  }
}
