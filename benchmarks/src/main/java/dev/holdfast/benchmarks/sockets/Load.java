package dev.holdfast.benchmarks.sockets;

import java.util.List;

/**
 * What a client is asked to read.
 *
 * @param name in the table
 * @param streams at a time
 * @param events of an answer; 0 where it does not end
 * @param rate events a second of each; 0 for as fast as possible
 * @param warmSeconds before the measurement
 * @param seconds of the measurement
 * @param isPerAnswer whether the cost is that of an answer, not of an event
 */
record Load(
    String name,
    int streams,
    int events,
    int rate,
    int warmSeconds,
    int seconds,
    boolean isPerAnswer) {
  static final List<Load> ALL =
      List.of(
          new Load("200 streams, 20 events/s", 200, 0, 20, 8, 8, false),
          new Load("one stream, unpaced", 1, 50_000, 0, 6, 5, false),
          new Load("64 lanes of 10 events", 64, 10, 0, 10, 5, true),
          new Load("2,000 streams, 1 event/s", 2000, 0, 1, 10, 8, false));

  boolean isEndless() {
    return events == 0;
  }
}
