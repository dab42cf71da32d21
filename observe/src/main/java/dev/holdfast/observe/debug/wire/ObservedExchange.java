package dev.holdfast.observe.debug.wire;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Verdict;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an exchange except its times and its answer.
 *
 * @param target where the request was sent, or null where only a response is known
 * @param connectTrouble why no connection came about
 * @param head the response's, secrets removed; null if none came
 * @param framing what marks the end of the body
 * @param end how the wire ended
 * @param detail one sentence about the end; may be empty
 * @param clock the clock that ended it, or null
 * @param verdict how the answer ended; null while the exchange is open
 * @param failure the failure that caused a verdict other than COMPLETE, or null
 * @param missingDone whether the proof came without the closing marker
 * @param bodyStart the body's first characters; untrusted
 * @param coding the content coding as declared, {@code gzip} too where it was found out; or empty
 * @param codingTrouble what is wrong with the compressed bytes, or empty
 * @param httpChunks chunks of the chunked encoding
 * @param roundChunks how many of them had the size of a buffer
 */
public record ObservedExchange(
    @Nullable Target target,
    ConnectTrouble connectTrouble,
    @Nullable HttpHead head,
    BodyFraming framing,
    WireEnd end,
    String detail,
    @Nullable Cause clock,
    @Nullable Verdict verdict,
    @Nullable Failure failure,
    boolean missingDone,
    String bodyStart,
    String coding,
    String codingTrouble,
    long httpChunks,
    long roundChunks) {
  /**
   * Where a request was sent.
   *
   * @param url without secrets
   * @param host the name
   * @param port the port
   * @param secure whether by TLS
   * @param path without query
   * @param hasKey whether a key was sent
   * @param asksForStream whether the request asks for a stream
   * @param bodyBytes how large the request's body was
   * @param acceptEncoding which compression it allowed, in its own words; empty if it did not
   */
  public record Target(
      String url,
      String host,
      int port,
      boolean secure,
      String path,
      boolean hasKey,
      boolean asksForStream,
      long bodyBytes,
      String acceptEncoding) {
    public static Target of(DebugRequest request) {
      String path = request.uri().getPath();
      return new Target(
          Redaction.uri(request.uri()),
          request.uri().getHost(),
          request.port(),
          request.isSecure(),
          path == null ? "" : path,
          request.hasKey(),
          request.asksForStream(),
          request.body().length(),
          acceptEncoding(request.headers()));
    }

    public static String acceptEncoding(List<HeaderLine> headers) {
      return headers.stream()
          .filter(line -> line.is("Accept-Encoding"))
          .map(HeaderLine::value)
          .collect(Collectors.joining(", "));
    }

    /** {@return whether the request allowed this coding, or any} */
    public boolean allows(String coding) {
      for (String one : acceptEncoding.toLowerCase(Locale.ROOT).split(",", -1)) {
        String name = one.split(";", 2)[0].strip();
        boolean refused = one.replace(" ", "").matches(".*;q=0(\\.0*)?");
        if (!refused && (name.equals(coding) || name.equals("*"))) {
          return true;
        }
      }
      return false;
    }
  }

  /** {@return the response status, or 0} */
  public int status() {
    return head == null ? 0 : head.status();
  }

  /** {@return the first value of a response header, or empty} */
  public String header(String name) {
    return head == null ? "" : head.header(name);
  }
}
