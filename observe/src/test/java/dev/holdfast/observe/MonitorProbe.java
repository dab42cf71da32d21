package dev.holdfast.observe;

import dev.holdfast.core.spi.Observation;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.observe.server.MonitorRoutes;
import dev.holdfast.observe.server.Request;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What a monitor needs, in a JVM of its own: {@code flat N}, {@code size N} or {@code update N}.
 */
final class MonitorProbe {
  private static final long MILLI = 1_000_000;

  private MonitorProbe() {}

  public static void main(String[] args) {
    int count = Integer.parseInt(args[1]);
    switch (args[0]) {
      case "flat" -> flat(count);
      case "size" -> size(count);
      case "update" -> update(count);
      default -> throw new IllegalArgumentException("args: must be a probe, was " + args[0]);
    }
  }

  /** Streams that come and go, each with names of its own. */
  private static void flat(int count) {
    var monitor = new StreamMonitor();
    for (int i = 0; i < count; i++) {
      StreamObserver.Watch watch = begin(monitor, i);
      for (long event = 0; event < 8; event++) {
        watch.received(1, 100, 1, event * MILLI);
        watch.delivered(1, 20, event * MILLI);
      }
      end(watch, new Verdict.Complete(), 9 * MILLI);
    }
    System.out.println(monitor.getHealthReport().successful());
  }

  /** Prints the bytes of a finished stream, for the largest that there can be. */
  private static void size(int count) {
    var monitor = new StreamMonitor(count);
    worst(monitor, 0); // Whatever is loaded once.
    long before = used();
    for (int i = 1; i < count; i++) {
      worst(monitor, i);
    }
    long after = used();
    System.out.println((after - before) / (count - 1));
    if (monitor.finishedAfter(0).streams().size() != count) {
      throw new IllegalStateException("streams: must all be kept");
    }
  }

  /** A stream that is cut again and again, of an unheard-of name in another script. */
  private static void worst(StreamMonitor monitor, int number) {
    StreamObserver.Watch watch = begin(monitor, number);
    for (int attempt = 1; attempt <= 20; attempt++) {
      long nanos = 1000L * attempt * MILLI;
      watch.observed(
          new Observation.AttemptOpened(
              attempt,
              new StreamObserver.Target(
                  attempt + "\u6771\u4eac".repeat(20) + number,
                  "",
                  0,
                  "openai-chat",
                  "m" + number)),
          nanos);
      for (long event = 0; event < 50; event++) {
        watch.delivered(1, 5, nanos + event * event * event * 1000);
      }
      var trouble =
          new Observation.FailureSummary(
              Cause.CONNECTION_LOST, attempt + "\u63a5\u7d9a".repeat(60) + number, 0, "");
      watch.observed(new Observation.AttemptClosed(attempt, trouble), nanos + 500 * MILLI);
      watch.observed(
          new Observation.Retrying(1, 3, Duration.ofMillis(80), Rung.ANCHOR), nanos + 600 * MILLI);
      watch.observed(
          new Observation.SeamMarked(new Seam(attempt, Rung.ANCHOR, attempt, 3)),
          nanos + 700 * MILLI);
    }
    end(watch, new Verdict.Truncated(Cause.CONNECTION_LOST), 30_000 * MILLI);
  }

  /** Prints the milliseconds that the news about so many live streams take, the median of 50. */
  private static void update(int count) {
    var monitor = new StreamMonitor();
    for (int i = 0; i < count; i++) {
      StreamObserver.Watch watch = begin(monitor, i);
      for (long event = 0; event < 200; event++) {
        watch.received(1, 100, 1, event * 20 * MILLI);
        watch.delivered(1, 20, event * 20 * MILLI);
      }
    }
    var routes = new MonitorRoutes(monitor);
    var nanos = new long[150];
    for (int i = 0; i < nanos.length; i++) {
      long start = System.nanoTime();
      String news =
          MonitorJson.news(
              MonitorJson.state(monitor.getHealthReport(), monitor.liveStreams()),
              List.of(),
              false);
      var answer = routes.answer(new Request("GET", "/report", "", Map.of()));
      nanos[i] = System.nanoTime() - start;
      if (answer == null || news.length() < count) {
        throw new IllegalStateException("news: must tell of all streams");
      }
    }
    var late = Arrays.copyOfRange(nanos, 100, nanos.length);
    Arrays.sort(late);
    System.out.printf("%.1f%n", late[late.length / 2] / 1e6);
  }

  private static StreamObserver.Watch begin(StreamMonitor monitor, int number) {
    var start =
        new StreamObserver.Target(
            "upstream-" + number, "example.com", 443, "openai-chat", "model-" + number);
    return Objects.requireNonNull(monitor.begun(start, 0));
  }

  private static void end(StreamObserver.Watch watch, Verdict verdict, long nanos) {
    watch.observed(
        new Observation.Ended(verdict, null, null, Exactness.CONTINUED, List.of(), 7, 12, 1, 0),
        nanos);
  }

  private static long used() {
    var runtime = Runtime.getRuntime();
    for (int i = 0; i < 5; i++) {
      System.gc();
    }
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
