package dev.holdfast.benchmarks;

import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * Reports for every iteration of {@link MonitoringBenchmark} what a content event costs in CPU time
 * of the whole process. It also reports how many times as much it costs when it is watched.
 */
public final class WatchingProfiler implements InternalProfiler {
  private static long bareNanos;
  private static long watchedNanos;
  private static long bareEvents;
  private static long watchedEvents;

  /** Adds a reading. */
  static void count(boolean watched, WatchedPair.Cost cost) {
    if (watched) {
      watchedNanos += cost.cpuNanos();
      watchedEvents += cost.events();
    } else {
      bareNanos += cost.cpuNanos();
      bareEvents += cost.events();
    }
  }

  @Override
  public String getDescription() {
    return "CPU time of watched streams by that of others";
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
    bareNanos = 0;
    watchedNanos = 0;
    bareEvents = 0;
    watchedEvents = 0;
  }

  @Override
  public Collection<? extends Result<?>> afterIteration(
      BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    double bare = (double) bareNanos / bareEvents;
    double watched = (double) watchedNanos / watchedEvents;
    return List.of(
        new ScalarResult("cpu.unmonitored", bare, "ns/event", AggregationPolicy.AVG),
        new ScalarResult("cpu.ratio", watched / bare, "", AggregationPolicy.AVG));
  }
}
