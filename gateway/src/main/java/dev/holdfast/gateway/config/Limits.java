package dev.holdfast.gateway.config;

import dev.holdfast.core.stream.Check;
import java.time.Duration;

/**
 * What a client may send and how long it may take.
 *
 * @param headBytes longest request head, and longest request line
 * @param bodyBytes longest request body
 * @param connections open connections of clients at a time
 * @param streams open requests of one HTTP/2 connection at a time
 * @param headTime from the first byte of a request to the end of its head
 * @param bodyTime start of a body, to which a second is added for each KiB that arrived
 * @param idleTime how long a connection may be without a request
 * @param readTime how long a client may leave what it asked for unread
 * @param memory what may be kept of requests and answers
 */
public record Limits(
    int headBytes,
    long bodyBytes,
    int connections,
    int streams,
    Duration headTime,
    Duration bodyTime,
    Duration idleTime,
    Duration readTime,
    MemoryLimits memory) {
  /** 32 KiB, 32 MiB, 10,000, 100, 10 s, 30 s, 75 s, 300 s. */
  public static final Limits DEFAULT =
      new Limits(
          32 << 10,
          32L << 20,
          10_000,
          100,
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          Duration.ofSeconds(75),
          Duration.ofSeconds(300),
          MemoryLimits.DEFAULT);

  /** Checks that every limit is positive. */
  public Limits {
    Check.that(headBytes > 0, "headBytes", "must be positive", headBytes);
    Check.that(bodyBytes > 0 && bodyBytes <= 1 << 30, "bodyBytes", "must be 1 to 1 GiB", bodyBytes);
    Check.that(connections > 0, "connections", "must be positive", connections);
    Check.that(streams > 0, "streams", "must be positive", streams);
    Check.that(headTime.isPositive(), "headTime", "must be positive", headTime);
    Check.that(bodyTime.isPositive(), "bodyTime", "must be positive", bodyTime);
    Check.that(idleTime.isPositive(), "idleTime", "must be positive", idleTime);
    Check.that(readTime.isPositive(), "readTime", "must be positive", readTime);
  }

  /** {@return a copy with another longest body, 1 byte to 1 GiB} */
  public Limits withBodyBytes(long bodyBytes) {
    return new Limits(
        headBytes, bodyBytes, connections, streams, headTime, bodyTime, idleTime, readTime, memory);
  }

  /** {@return a copy with another number of connections} */
  public Limits withConnections(int connections) {
    return new Limits(
        headBytes, bodyBytes, connections, streams, headTime, bodyTime, idleTime, readTime, memory);
  }

  /** {@return a copy with another number of requests on one HTTP/2 connection} */
  public Limits withStreams(int streams) {
    return new Limits(
        headBytes, bodyBytes, connections, streams, headTime, bodyTime, idleTime, readTime, memory);
  }

  /** {@return a copy with other times for head, body and idle connections} */
  public Limits withTimes(Duration headTime, Duration bodyTime, Duration idleTime) {
    return new Limits(
        headBytes, bodyBytes, connections, streams, headTime, bodyTime, idleTime, readTime, memory);
  }

  /** {@return a copy with other bounds of memory} */
  public Limits withMemory(MemoryLimits memory) {
    return new Limits(
        headBytes, bodyBytes, connections, streams, headTime, bodyTime, idleTime, readTime, memory);
  }

  /** {@return a copy with another longest head} */
  public Limits withHeadBytes(int headBytes) {
    return new Limits(
        headBytes, bodyBytes, connections, streams, headTime, bodyTime, idleTime, readTime, memory);
  }

  /** {@return a copy with another time for a client that does not read} */
  public Limits withReadTime(Duration readTime) {
    return new Limits(
        headBytes, bodyBytes, connections, streams, headTime, bodyTime, idleTime, readTime, memory);
  }
}
