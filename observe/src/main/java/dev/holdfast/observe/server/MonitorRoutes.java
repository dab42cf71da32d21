package dev.holdfast.observe.server;

import dev.holdfast.core.frame.SseEncoder;
import dev.holdfast.core.stream.Check;
import dev.holdfast.observe.MonitorJson;
import dev.holdfast.observe.StreamMonitor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A monitor's routes, for {@link MonitorServer} or a server of one's own: {@code /report}, {@code
 * /history?minutes=N}, {@code /streams}, {@code /streams/ID}, {@code /events} and, for Prometheus,
 * {@code /metrics}. With {@code ?format=csv} the streams come as CSV. Thread-safe.
 *
 * <p>The event stream sends one {@code news} event per tick. Nothing is queued for a reader. Each
 * event contains the current state, and the streams that ended since the reader's last one, from
 * the monitor's ring. So a slow reader gets fewer events and misses nothing that is still kept, and
 * so does one that comes back with {@code Last-Event-ID}.
 */
public final class MonitorRoutes implements HttpRoute {
  /** Default time between two news of the event stream. */
  public static final Duration DEFAULT_TICK = Duration.ofSeconds(1);

  /** The media type of the text that Prometheus reads. */
  public static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

  private static final long RETRY_MILLIS = 2000;

  /** A reader that has seen nothing, and so has missed nothing. */
  private static final long NEW = -1;

  private final StreamMonitor monitor;
  private final Duration tick;

  /** Distinguishes this process's ids from those of the one before. */
  private final String epoch;

  private final ReentrantLock lock = new ReentrantLock();
  private String state = "";
  private long stateNanos;

  /** Routes whose news come once a second. */
  public MonitorRoutes(StreamMonitor monitor) {
    this(monitor, DEFAULT_TICK);
  }

  /** Routes whose news come once every {@code tick}. */
  public MonitorRoutes(StreamMonitor monitor, Duration tick) {
    Check.that(tick.toMillis() >= 10, "tick", "must be at least 10 ms", tick);
    this.monitor = monitor;
    this.tick = tick;
    // No secret: SecureRandom would cost a server start-up time.
    epoch = HexFormat.of().toHexDigits(new SplittableRandom().nextInt());
  }

  @Override
  public @Nullable Response answer(Request request) {
    String path = request.path();
    if (path.equals("/report")) {
      return Response.Whole.json(MonitorJson.report(monitor.getHealthReport()));
    }
    if (path.equals("/metrics")) {
      return Response.Whole.of(PROMETHEUS, monitor.prometheusText());
    }
    if (path.equals("/history")) {
      return history(request.query());
    }
    boolean csv = request.query().equals("format=csv");
    if (path.equals("/streams")) {
      var live = monitor.liveStreams();
      var finished = monitor.finishedAfter(0).streams();
      return csv
          ? csv("streams", MonitorCsv.streams(live, finished))
          : Response.Whole.json(MonitorJson.streams(live, finished));
    }
    if (path.startsWith("/streams/")) {
      return monitor.stream(path.substring("/streams/".length()))
          .<Response>map(stream ->
              csv
                  ? csv(stream.id(), MonitorCsv.timeline(stream))
                  : Response.Whole.json(MonitorJson.stream(stream)))
          .orElseGet(() -> Response.Whole.error(404, "stream: is not known, or no longer kept"));
    }
    if (path.equals("/events")) {
      long seen = numberAfter(request.header("last-event-id"));
      return new Response.Streaming(
          "text/event-stream", out -> write(out, seen), Map.of("X-Accel-Buffering", "no"));
    }
    return null;
  }

  private Response history(String query) {
    if (!query.matches("minutes=(1|5|60)")) {
      return Response.Whole.error(400, "minutes: must be 1, 5 or 60");
    }
    var length = Duration.ofMinutes(Long.parseLong(query.substring("minutes=".length())));
    return Response.Whole.json(MonitorJson.history(monitor.history(length)));
  }

  private static Response csv(String name, String text) {
    // The name may be a stranger's: nothing of it can end the header or leave the folder.
    String file = name.replaceAll("[^A-Za-z0-9_-]", "_");
    return new Response.Whole(
        200,
        "text/csv; charset=utf-8; header=present",
        text.getBytes(StandardCharsets.UTF_8),
        Map.of("Content-Disposition", "attachment; filename=\"" + file + ".csv\""));
  }

  /** {@return the last end that the reader knows of; -1 for one that is new here} */
  private long numberAfter(String lastEventId) {
    String prefix = epoch + "-";
    if (!lastEventId.startsWith(prefix)) {
      return NEW;
    }
    try {
      return Math.max(0, Long.parseLong(lastEventId.substring(prefix.length())));
    } catch (NumberFormatException e) {
      return NEW;
    }
  }

  private void write(OutputStream out, long from) throws IOException, InterruptedException {
    var encoder = new SseEncoder().retry(RETRY_MILLIS);
    long seen = from;
    while (true) {
      var ended = monitor.finishedAfter(seen);
      encoder.id(epoch + "-" + ended.last());
      encoder.event("news", MonitorJson.news(state(), ended.streams(), ended.gap()));
      out.write(encoder.take());
      out.flush();
      seen = ended.last();
      Thread.sleep(tick);
    }
  }

  /** {@return what all readers share, made once per tick however many they are} */
  private String state() {
    lock.lock();
    try {
      long now = System.nanoTime();
      if (state.isEmpty() || now - stateNanos > tick.toNanos() / 2) {
        state = MonitorJson.state(monitor.getHealthReport(), monitor.liveStreams());
        stateNanos = now;
      }
      return state;
    } finally {
      lock.unlock();
    }
  }
}
