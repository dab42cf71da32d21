package dev.holdfast.observe.server;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** What a route answers. */
public sealed interface Response {
  /** {@return its media type} */
  String contentType();

  /** {@return further headers by name; they replace the server's own} */
  Map<String, String> headers();

  /**
   * A whole body.
   *
   * @param body is not copied and must not be changed
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Whole(int status, String contentType, byte[] body, Map<String, String> headers)
      implements Response {
    /** {@return text with status 200} */
    public static Whole of(String contentType, String text) {
      return new Whole(200, contentType, text.getBytes(StandardCharsets.UTF_8), Map.of());
    }

    /** {@return a JSON text with status 200} */
    public static Whole json(String json) {
      return of("application/json", json);
    }

    /** {@return an error as plain text, one line: "name: rule, was value"} */
    public static Whole error(int status, String sentence) {
      return new Whole(
          status,
          "text/plain; charset=utf-8",
          (sentence + "\n").getBytes(StandardCharsets.UTF_8),
          Map.of());
    }
  }

  /** A body that is written for as long as it lasts, with status 200. */
  record Streaming(String contentType, Writing writing, Map<String, String> headers)
      implements Response {}

  /** Writes a body. */
  @FunctionalInterface
  interface Writing {
    /**
     * Writes to {@code out} until the body ends; blocks while the reader is slow. The server closes
     * {@code out} or interrupts the thread to end it.
     */
    void to(OutputStream out) throws IOException, InterruptedException;
  }
}
