package dev.holdfast.gateway.durable;

import dev.holdfast.core.stream.Check;
import java.time.Duration;

/**
 * How streams are served.
 *
 * @param longPoll how long a read waits for data, and how often a silent live read is answered
 * @param connection after which time a live read by server-sent events is ended, so that the client
 *     reads on by a new request
 * @param pageBytes the payloads of one response; a larger entry is sent whole
 * @param memoryBytes request bodies and pages that are in memory at a time, over all clients
 */
public record DurableSettings(
    Duration longPoll, Duration connection, int pageBytes, long memoryBytes) {
  /** 20 s, 60 s, 256 KiB, 256 MiB. */
  public static final DurableSettings DEFAULT =
      new DurableSettings(Duration.ofSeconds(20), Duration.ofSeconds(60), 256 << 10, 256L << 20);

  /** Checks that all are positive. */
  public DurableSettings {
    Check.that(longPoll.isPositive(), "longPoll", "must be positive", longPoll);
    Check.that(connection.isPositive(), "connection", "must be positive", connection);
    Check.that(pageBytes > 0, "pageBytes", "must be positive", pageBytes);
    Check.that(memoryBytes > 0, "memoryBytes", "must be positive", memoryBytes);
  }

  /** {@return a copy with another time for reads that wait} */
  public DurableSettings withLongPoll(Duration longPoll) {
    return new DurableSettings(longPoll, connection, pageBytes, memoryBytes);
  }

  /** {@return a copy with another time for live reads} */
  public DurableSettings withConnection(Duration connection) {
    return new DurableSettings(longPoll, connection, pageBytes, memoryBytes);
  }

  /** {@return a copy with other bounds of memory} */
  public DurableSettings withMemory(int pageBytes, long memoryBytes) {
    return new DurableSettings(longPoll, connection, pageBytes, memoryBytes);
  }
}
