package dev.holdfast.testkit;

import dev.holdfast.testkit.ReceivedRequest.Ending;

/** An exchange under way: what is sent, and how far it got. Thread-safe. */
final class Exchange {
  private final int number;
  private final HttpRequest request;
  private final String stream;
  private final int attempt;
  private final Transmission transmission;
  private final long arrivedAtNanos;
  private volatile long bodyBytes;
  private volatile long endedAtNanos;
  private volatile Ending ending = Ending.OPEN;

  Exchange(
      int number,
      HttpRequest request,
      String stream,
      int attempt,
      Transmission transmission,
      long arrivedAtNanos) {
    this.number = number;
    this.request = request;
    this.stream = stream;
    this.attempt = attempt;
    this.transmission = transmission;
    this.arrivedAtNanos = arrivedAtNanos;
  }

  Transmission transmission() {
    return transmission;
  }

  void sent(long bytes) {
    bodyBytes = bytes;
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
        transmission.struck(),
        transmission.cause(),
        transmission.head().status(),
        arrivedAtNanos,
        bodyBytes,
        how,
        how == Ending.OPEN ? 0 : endedAtNanos);
  }
}
