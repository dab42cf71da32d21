package dev.holdfast.testkit.server;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.http.HttpRequest;
import dev.holdfast.testkit.link.Transmission;
import dev.holdfast.testkit.server.ReceivedRequest.Ending;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The record of an exchange, which must not hold on to what is sent: records live long.
 * Thread-safe.
 */
final class ServedExchange {
  private final int number;
  private final HttpRequest request;
  private final String stream;

  /** Under which name its reply is kept; empty if it is not. */
  private final String kept;

  private final int attempt;
  private final List<Fault> struck;
  private final @Nullable Cause cause;
  private final int status;
  private final long arrivedAtNanos;
  private volatile long bodyBytes;
  private volatile long endedAtNanos;
  private volatile Ending ending = Ending.OPEN;

  ServedExchange(
      int number,
      HttpRequest request,
      String stream,
      String kept,
      int attempt,
      Transmission transmission,
      long arrivedAtNanos) {
    this.number = number;
    this.request = request;
    this.stream = stream;
    this.kept = kept;
    this.attempt = attempt;
    this.struck = transmission.struck();
    this.cause = transmission.cause();
    this.status = transmission.head().status();
    this.arrivedAtNanos = arrivedAtNanos;
  }

  /** {@return about how much memory the record takes, in characters} */
  int size() {
    return request.body().length() + stream.length();
  }

  String stream() {
    return stream;
  }

  /**
   * {@return under which name the reply is kept that was sent to its end; empty if there is none}
   */
  String finishes() {
    return ending == Ending.SENT && cause == null ? kept : "";
  }

  void sent(long bytes) {
    bodyBytes = bytes;
  }

  boolean isOpen() {
    return ending == Ending.OPEN;
  }

  void ended(Ending how, long atNanos) {
    endedAtNanos = atNanos;
    ending = how;
  }

  ReceivedRequest snapshot() {
    Ending how = ending;
    return new ReceivedRequest(
        number,
        request.path(),
        request.headers(),
        request.body(),
        stream,
        attempt,
        struck,
        cause,
        status,
        arrivedAtNanos,
        bodyBytes,
        how,
        how == Ending.OPEN ? 0 : endedAtNanos);
  }
}
