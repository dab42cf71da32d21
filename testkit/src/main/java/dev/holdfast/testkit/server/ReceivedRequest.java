package dev.holdfast.testkit.server;

import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.guard.SafeUrl;
import dev.holdfast.core.guard.SecretNames;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.testkit.fault.Fault;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A request the fault server got, and how its exchange went. Times are of the server's clock, which
 * is {@link System#nanoTime} unless it is virtual. {@link #toString} shows neither secrets nor
 * bodies.
 *
 * @param number of the request among all, from 1
 * @param path the target without query
 * @param headers values by lower-case name, secrets included
 * @param body the request body
 * @param stream which stream it belongs to
 * @param attempt its number within the stream, from 1
 * @param struck the faults that struck its reply
 * @param cause the cause a correct client must name for it, or null for none
 * @param status of the response; 0 if none was meant to be sent
 * @param arrivedAtNanos when it had been read
 * @param bodyBytes body bytes of the response sent so far
 * @param ending how the exchange ended
 * @param endedAtNanos when it ended; 0 while it is under way
 */
public record ReceivedRequest(
    int number,
    String path,
    Map<String, List<String>> headers,
    String body,
    String stream,
    int attempt,
    List<Fault> struck,
    @Nullable Cause cause,
    int status,
    long arrivedAtNanos,
    long bodyBytes,
    Ending ending,
    long endedAtNanos) {
  /** Headers of the fault server's own. */
  private static final Set<String> SHOWN =
      Set.of(
          ExchangeHandler.STREAM_HEADER,
          ExchangeHandler.FAULT_HEADER,
          ExchangeHandler.CONTINUATION_HEADER);

  /** How an exchange ended. */
  public enum Ending {
    /** It is still under way. */
    OPEN,
    /** The response was sent to its proper end, faults inside it notwithstanding. */
    SENT,
    /** The server closed or reset the connection, as a fault demanded. */
    CUT,
    /** The client closed the connection before the response had ended. */
    CLIENT_CLOSED,
    /** The server was closed. */
    SERVER_CLOSED
  }

  /** {@return the first value of a header, or empty} */
  public String header(String name) {
    List<String> values = headers.get(name.toLowerCase(java.util.Locale.ROOT));
    return values == null ? "" : values.getFirst();
  }

  @Override
  public String toString() {
    var shown = new TreeMap<String, String>();
    headers.forEach((name, values) ->
        shown.put(
            name,
            SecretNames.isHarmlessHeader(name) || SHOWN.contains(name)
                ? Redactor.SHAPES.text(values.toString())
                : "[redacted]"));
    return "ReceivedRequest[number=%d, path=%s, headers=%s, body=%d characters, attempt=%d, struck=%s, cause=%s, status=%d, bodyBytes=%d, ending=%s]"
        .formatted(
            number,
            SafeUrl.target(path),
            shown,
            body.length(),
            attempt,
            struck.stream().map(Fault::spec).toList(),
            cause,
            status,
            bodyBytes,
            ending);
  }
}
