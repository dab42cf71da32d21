package dev.holdfast.benchmarks;

import dev.holdfast.observe.StreamMonitor;
import java.io.IOException;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.AuxCounters;
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
 * a monitor, and the counters tell the process's CPU time of both. JMH's own figure is the wall
 * time of both together and means nothing here.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 5)
@Measurement(iterations = 10, time = 5)
@Fork(2)
public class MonitoringBenchmark {
  private static final int STREAMS = 8;

  /** The pace of the server; see {@link LoudServer.Pace}. */
  @Param({"events", "bursts"})
  public String pace = "";

  private @Nullable LoudServer server;
  private @Nullable WatchedPair pair;

  /** CPU time of an iteration. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Cpu {
    private long bareNanos;
    private long watchedNanos;
    private long events;

    /** Begins an iteration. */
    @Setup(Level.Iteration)
    public void clear() {
      bareNanos = 0;
      watchedNanos = 0;
      events = 0;
    }

    /** {@return nanoseconds per content event without a monitor} */
    public double bareNanosPerEvent() {
      return (double) bareNanos / events;
    }

    /** {@return by how many percent a monitor makes it dearer} */
    public double percentDearer() {
      return 100.0 * watchedNanos / bareNanos - 100;
    }
  }

  /** Starts the server and both clients. */
  @Setup(Level.Trial)
  public void start() throws IOException {
    var loud = LoudServer.start();
    var asked = LoudServer.Pace.valueOf(pace.toUpperCase(Locale.ROOT));
    pair = new WatchedPair(loud.baseUrl(asked), new StreamMonitor(), STREAMS);
    server = loud;
  }

  /** Stops them. */
  @TearDown(Level.Trial)
  public void stop() {
    Objects.requireNonNull(pair).close();
    Objects.requireNonNull(server).close();
  }

  /** {@return the events read} Reads without, with, with and without a monitor. */
  @Benchmark
  public long readings(Cpu cpu) {
    var asked = Objects.requireNonNull(pair);
    for (int i = 0; i < 4; i++) {
      boolean watched = i == 1 || i == 2;
      WatchedPair.Cost cost = asked.read(watched);
      if (watched) {
        cpu.watchedNanos += cost.cpuNanos();
      } else {
        cpu.bareNanos += cost.cpuNanos();
        cpu.events += cost.events();
      }
    }
    return cpu.events;
  }
}
