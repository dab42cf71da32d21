package dev.holdfast.benchmarks;

import dev.holdfast.benchmarks.corpus.Corpora;
import dev.holdfast.observe.StreamMonitor;
import java.io.IOException;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What watching costs, under JMH: an operation reads the same answers over sockets without and with
 * a monitor; {@link WatchingProfiler} reports what the second costs by the first in CPU time of the
 * process. JMH's own figure is the wall time of both together and means nothing here.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 5)
@Measurement(iterations = 10, time = 5)
@Fork(2)
public class MonitoringBenchmark {
  private static final int STREAMS = 8;
  private static final int BODY = 16 << 20;

  /**
   * The pace of the server, see {@link LoudServer.Pace}; or {@code memory} for no server and no
   * socket, where watching weighs most.
   */
  @Param({"events", "bursts", "memory"})
  public String pace = "";

  private @Nullable LoudServer server;
  private @Nullable WatchedPair pair;

  /** Starts the server and both clients. */
  @Setup(Level.Trial)
  public void start() throws IOException {
    if (pace.equals("memory")) {
      pair = new WatchedPair(new MemoryTransport(Corpora.openAiChat(BODY)), new StreamMonitor());
      return;
    }
    var loud = LoudServer.start();
    var asked = LoudServer.Pace.valueOf(pace.toUpperCase(Locale.ROOT));
    pair = new WatchedPair(loud.baseUrl(asked), new StreamMonitor(), STREAMS);
    server = loud;
  }

  /** Stops them. */
  @TearDown(Level.Trial)
  public void stop() {
    Objects.requireNonNull(pair).close();
    if (server != null) {
      server.close();
    }
  }

  /** {@return the events read} Reads without, with, with and without a monitor. */
  @Benchmark
  public long readings() {
    var asked = Objects.requireNonNull(pair);
    long events = 0;
    for (int i = 0; i < 4; i++) {
      boolean watched = i == 1 || i == 2;
      WatchedPair.Cost cost = asked.read(watched);
      WatchingProfiler.count(watched, cost);
      events += cost.events();
    }
    return events;
  }
}
