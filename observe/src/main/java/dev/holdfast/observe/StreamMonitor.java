package dev.holdfast.observe;

import dev.holdfast.core.spi.Observation;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Check;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.observe.parts.Totals;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Watches streams and reports their state: Holdfast's own, as the observer of a client, and others
 * by {@link #startMonitoring} and its companions. Thread-safe; its memory is bounded by the live
 * streams, the finished ones it keeps, 10 MB for its windows and 5 MB for its totals.
 */
public final class StreamMonitor implements StreamObserver {
  /** Finished streams kept by default. */
  public static final int DEFAULT_FINISHED = 1000;

  /** Streams of others that may be live at a time; those past it are ignored. */
  public static final int MAX_FOREIGN = 10_000;

  /** Longest name that is kept of a model, an upstream or a stream, in UTF-16 units. */
  public static final int MAX_NAME = 64;

  private static final int MAX_NAMES = 1000;

  private final MonitorClock clock;
  private final int keptFinished;
  private final Map<String, LiveStream> live = new ConcurrentHashMap<>();
  private final Map<String, LiveStream> foreign = new ConcurrentHashMap<>();
  private final Map<String, String> names = new ConcurrentHashMap<>();

  /** By upstream, dialect and model. */
  private final Map<List<String>, AskedTarget> asked = new ConcurrentHashMap<>();

  private final Windows windows;
  private final Totals totals = new Totals();
  private final List<ListenerQueue> listeners = new CopyOnWriteArrayList<>();
  private final AtomicLong numbers = new AtomicLong();
  private final AtomicLong started = new AtomicLong();
  private final AtomicLong successful = new AtomicLong();
  private final AtomicLong truncated = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicLong cancelled = new AtomicLong();
  private final AtomicInteger foreignCount = new AtomicInteger();
  private final long madeNanos;

  private final ReentrantLock finishedLock = new ReentrantLock();
  private final ArrayDeque<Finished> finished = new ArrayDeque<>();
  private long finishedCount;

  /** A finished stream and its place in the order of ends, from 1. */
  private record Finished(long number, StreamMetrics stream) {}

  /**
   * Streams that ended, oldest first.
   *
   * @param last the number of the last stream that ended so far; ask for those after it next
   * @param streams those that ended after the number asked for, as far as they are still kept
   * @param gap whether some are kept no more
   */
  public record FinishedStreams(long last, List<StreamMetrics> streams, boolean gap) {}

  /** A monitor that keeps {@value #DEFAULT_FINISHED} finished streams. */
  public StreamMonitor() {
    this(DEFAULT_FINISHED);
  }

  /**
   * A monitor.
   *
   * @param keptFinished how many finished streams it keeps: 1 KB each, and at most 8 KB of one that
   *     was made again many times
   */
  public StreamMonitor(int keptFinished) {
    this(keptFinished, MonitorClock.system());
  }

  StreamMonitor(int keptFinished, MonitorClock clock) {
    Check.that(keptFinished >= 0, "keptFinished", "must not be negative", keptFinished);
    this.keptFinished = keptFinished;
    this.clock = clock;
    madeNanos = clock.nanoTime();
    windows = new Windows(madeNanos);
  }

  // ---------------------------------------------------------------- Holdfast's own streams

  @Override
  public boolean neverBlocks() {
    return true;
  }

  @Override
  public Watch begun(Target first, long nanos) {
    while (true) {
      // A foreign stream may have the same name.
      var stream = open("stream-" + numbers.incrementAndGet(), first, nanos);
      if (stream != null) {
        return stream;
      }
    }
  }

  /** {@return the new stream; null if there is a live one of this id} */
  private @Nullable LiveStream open(String id, Target first, long nanos) {
    long now = clock.nanoTime();
    var stream = new LiveStream(this, id, first, nanos, now, clock.epochMillis());
    if (live.putIfAbsent(id, stream) != null) {
      return null;
    }
    started.incrementAndGet();
    windows.add(now, slot -> slot.started++);
    changed(stream);
    return stream;
  }

  // ---------------------------------------------------------------- foreign streams

  /**
   * Begins to watch a stream that is not Holdfast's. Ignored where one of this id is live already,
   * or {@value #MAX_FOREIGN} of them are.
   *
   * @param id the caller's name for it, at most {@value #MAX_NAME} UTF-16 units
   */
  public void startMonitoring(String id) {
    startMonitoring(id, new Target("", "", 0, "", ""));
  }

  /** Like {@link #startMonitoring(String)}, with what is known of the stream. */
  public void startMonitoring(String id, Target first) {
    if (foreignCount.incrementAndGet() <= MAX_FOREIGN) {
      var stream = open(PlainText.line(id, MAX_NAME), first, clock.nanoTime());
      if (stream != null) {
        foreign.put(stream.id(), stream);
        return;
      }
    }
    foreignCount.decrementAndGet();
  }

  /** Adds to a stream's numbers. An unknown id is ignored. */
  public void updateMetrics(String id, MetricsUpdate update) {
    withForeign(id, stream -> stream.update(update, clock.nanoTime()));
  }

  /** Adds one chunk of content: a frame and an event of {@code bytes} bytes. Unknown: ignored. */
  public void recordChunk(String id, int bytes) {
    updateMetrics(id, new MetricsUpdate(Math.max(0, bytes), 1, 1, -1, -1));
  }

  /** Adds an error with one of Holdfast's causes. An unknown id is ignored. */
  public void recordError(String id, Cause cause) {
    withForeign(id, stream -> stream.error(cause, "", clock.nanoTime()));
  }

  /**
   * Adds an error in the caller's words, which are cleaned and cut to 80 characters. An unknown id
   * is ignored.
   */
  public void recordError(String id, String error) {
    withForeign(id, stream -> stream.error(null, error, clock.nanoTime()));
  }

  /** Ends a stream as complete. An unknown id is ignored. */
  public void completeStream(String id) {
    completeStream(id, new Verdict.Complete());
  }

  /** Ends a stream. An unknown id is ignored. */
  public void completeStream(String id, Verdict verdict) {
    withForeign(
        id,
        stream ->
            stream.observed(
                new Observation.Ended(
                    verdict, null, null, Exactness.UNBROKEN, List.of(), -1, -1, 1, 0),
                clock.nanoTime()));
  }

  private void withForeign(String id, Consumer<LiveStream> action) {
    LiveStream stream = foreign.get(PlainText.line(id, MAX_NAME));
    if (stream != null) {
      action.accept(stream);
    }
  }

  // ---------------------------------------------------------------- what is known

  /** {@return the health of streams, up to now} */
  public HealthReport getHealthReport() {
    live.values().forEach(LiveStream::flush);
    long now = clock.nanoTime();
    // Ends before beginnings: no reader may see more streams end than began.
    long complete = successful.get();
    long cut = truncated.get();
    long broken = failed.get();
    long dropped = cancelled.get();
    return new HealthReport(
        Instant.ofEpochMilli(clock.epochMillis()),
        Duration.ofNanos(now - madeNanos),
        live.size(),
        started.get(),
        complete,
        cut,
        broken,
        dropped,
        windows.reports(now));
  }

  /**
   * {@return what was seen over the last 1, 5 or 60 minutes, step by step}
   *
   * @throws IllegalArgumentException if the length is another
   */
  public StreamHistory history(Duration length) {
    Check.that(Windows.LENGTHS.contains(length), "length", "must be 1, 5 or 60 minutes", length);
    live.values().forEach(LiveStream::flush);
    int active = live.size();
    var now = Instant.ofEpochMilli(clock.epochMillis());
    return windows.history(length, clock.nanoTime(), now, active);
  }

  /**
   * {@return counts since the monitor was made, as the text that Prometheus reads} Exposition
   * format 0.0.4; docs/metrics.md lists the names, which are those of {@code MicrometerObserver}.
   */
  public String prometheusText() {
    live.values().forEach(LiveStream::flush);
    return totals.text(live.size());
  }

  /** {@return the streams that are not over, oldest first} */
  public List<StreamMetrics> liveStreams() {
    long now = clock.nanoTime();
    return live.values().stream()
        .map(stream -> stream.snapshot(now))
        .sorted(Comparator.comparing(StreamMetrics::startedAt).thenComparing(StreamMetrics::id))
        .toList();
  }

  /**
   * {@return the streams that ended after the {@code number}th, as far as they are kept}
   *
   * @param number 0 to begin with the first; -1 for all that are kept, without a gap
   */
  public FinishedStreams finishedAfter(long number) {
    finishedLock.lock();
    try {
      var after = finished.stream().filter(entry -> entry.number() > number).toList();
      boolean gap = finishedCount - number > after.size();
      return new FinishedStreams(
          finishedCount, after.stream().map(Finished::stream).toList(), gap && number >= 0);
    } finally {
      finishedLock.unlock();
    }
  }

  /** {@return a stream that is live or still kept} */
  public Optional<StreamMetrics> stream(String id) {
    LiveStream running = live.get(id);
    if (running != null) {
      return Optional.of(running.snapshot(clock.nanoTime()));
    }
    finishedLock.lock();
    try {
      return finished.stream()
          .map(Finished::stream)
          .filter(stream -> stream.id().equals(id))
          .reduce((older, newer) -> newer);
    } finally {
      finishedLock.unlock();
    }
  }

  /** Calls {@code listener} for every change from now on, on a thread of its own. */
  public Registration addListener(MonitorListener listener) {
    var desk = new ListenerQueue(listener, stream -> stream.snapshot(clock.nanoTime()));
    desk.open();
    listeners.add(desk);
    return () -> {
      listeners.remove(desk);
      desk.close();
    };
  }

  // ---------------------------------------------------------------- for live streams

  void changed(LiveStream stream) {
    for (ListenerQueue desk : listeners) {
      desk.changed(stream);
    }
  }

  Totals totals() {
    return totals;
  }

  void windows(long nowNanos, Consumer<Slot> news) {
    windows.add(nowNanos, news);
  }

  void ended(LiveStream stream) {
    // First, while no other stream can begin under this id and take its place here.
    if (foreign.remove(stream.id(), stream)) {
      foreignCount.decrementAndGet();
    }
    if (!live.remove(stream.id(), stream)) {
      return; // It has ended before.
    }
    long now = clock.nanoTime();
    StreamMetrics last = stream.snapshot(now);
    switch (last.state()) {
      case COMPLETE -> successful.incrementAndGet();
      case TRUNCATED -> truncated.incrementAndGet();
      case FAILED -> failed.incrementAndGet();
      case CANCELLED -> cancelled.incrementAndGet();
      case ACTIVE -> throw new IllegalStateException("state: must be over, was ACTIVE");
    }
    windows.add(now, slot -> slot.ended(last));
    keep(last);
    for (ListenerQueue desk : listeners) {
      desk.ended(stream);
    }
  }

  private void keep(StreamMetrics stream) {
    finishedLock.lock();
    try {
      finishedCount++;
      finished.addLast(new Finished(finishedCount, stream));
      if (finished.size() > keptFinished) {
        var unused = finished.removeFirst();
      }
    } finally {
      finishedLock.unlock();
    }
  }

  /** {@return what is asked, in names that are kept} Most streams ask what others have asked. */
  AskedTarget asked(StreamObserver.Target target) {
    var names = List.of(target.upstream(), target.dialect(), target.model());
    var known = asked.get(names);
    if (known != null) {
      return known;
    }
    String upstream = name(target.upstream());
    String dialect = name(target.dialect());
    String model = name(target.model());
    var made =
        new AskedTarget(
            upstream,
            dialect,
            model,
            totals.labels(upstream, dialect, model),
            totals.upstream(upstream));
    if (asked.size() < MAX_NAMES && names.stream().allMatch(name -> name.length() <= MAX_NAME)) {
      asked.put(names, made);
    }
    return made;
  }

  /** {@return an untrusted name, cleaned and cut; the same object for the same name} */
  String name(String text) {
    String line = PlainText.line(text, MAX_NAME);
    String known = names.get(line);
    if (known != null) {
      return known;
    }
    if (names.size() < MAX_NAMES) {
      names.put(line, line);
    }
    return line;
  }
}
