package dev.holdfast.benchmarks;

import dev.holdfast.core.spi.Observation;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.observe.StreamMonitor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;

/**
 * What watching costs a client: CPU time of the whole process per content event, over sockets of
 * this machine, with and without a monitor in turns. The server runs in a process of its own.
 *
 * <p>The machine has moods that last for seconds, so each reading is held against the one next to
 * it: the figure is the median of the ratios of neighbours, and its spread the middle half of them.
 */
public final class MonitoringCost {
  private static final int WARM_UP = 20;
  private static final double GOAL = 0.03;

  private MonitoringCost() {}

  /**
   * Measures the paces that are named, or all, in so many times the usual pairs as a number sets;
   * exit code 1 if one costs more than the goal.
   */
  public static void main(String[] args) throws IOException {
    var paces = new ArrayList<String>(List.of(args));
    int times =
        paces.stream().filter(word -> word.matches("\\d+")).mapToInt(Integer::parseInt).sum();
    paces.removeIf(word -> word.matches("\\d+"));
    boolean met = true;
    double call = CallCost.of(new StreamMonitor(), 1);
    System.out.printf(Locale.ROOT, "the monitor's two calls for a piece: %.0f ns of CPU%n", call);
    try (var server = LoudServer.start()) {
      for (LoudServer.Pace pace : LoudServer.Pace.values()) {
        String name = pace.name().toLowerCase(Locale.ROOT);
        if (paces.isEmpty() || paces.contains(name)) {
          boolean paced = pace == LoudServer.Pace.PACED;
          int rounds = Math.max(1, times) * (paced ? 30 : 400);
          met &= measure(server.baseUrl(pace), name, paced, rounds, call) <= GOAL;
        }
      }
    }
    System.exit(met ? 0 : 1);
  }

  /**
   * {@return what the monitor's calls cost by what reading costs} Prints it with the difference of
   * the whole process, which is noisier than it is large and therefore shown, not judged.
   */
  private static double measure(String url, String name, boolean paced, int rounds, double call) {
    double eventsAPiece = eventsAPiece(url, paced);
    var bare = new double[rounds];
    var watched = new double[rounds];
    var ratios = new double[rounds];
    try (var pair = new WatchedPair(url, new StreamMonitor(), paced ? 200 : 8)) {
      for (int i = -WARM_UP; i < rounds; i++) {
        // The other one first every other time: what the first leaves behind, the second finds.
        boolean watchedFirst = i % 2 == 0;
        double first = pair.read(watchedFirst).perEvent();
        double second = pair.read(!watchedFirst).perEvent();
        if (i >= 0) {
          watched[i] = watchedFirst ? first : second;
          bare[i] = watchedFirst ? second : first;
          ratios[i] = watched[i] / bare[i] - 1;
        }
      }
    }
    Arrays.sort(ratios);
    double low = ratios[rounds / 4];
    double high = ratios[rounds - 1 - rounds / 4];
    double share = call / eventsAPiece / median(bare);
    System.out.printf(
        Locale.ROOT,
        "%s: %.1f events a piece, %.0f ns of CPU per content event; the monitor's calls are %.2f %%"
            + " of it; the whole process, monitored, %+.1f %% +- %.1f (middle half %+.1f to %+.1f);"
            + " goal %.0f %%%n",
        name,
        eventsAPiece,
        median(bare),
        100 * share,
        100 * median(ratios),
        100 * 0.93 * (high - low) / Math.sqrt(rounds),
        100 * low,
        100 * high,
        100 * GOAL);
    return share;
  }

  /** {@return how many content events come in a piece of the body, and so in a call} */
  private static double eventsAPiece(String url, boolean paced) {
    var pieces = new LongAdder();
    var events = new LongAdder();
    var watch =
        new StreamObserver.Watch() {
          @Override
          public void received(int attempt, int bytes, int frames, long nanos) {
            pieces.increment();
          }

          @Override
          public void delivered(int count, long characters, long nanos) {
            events.add(count);
          }

          @Override
          public void observed(Observation observation, long nanos) {}
        };
    var counter =
        new StreamObserver() {
          @Override
          public Watch begun(Target first, long nanos) {
            return watch;
          }

          @Override
          public boolean neverBlocks() {
            return true;
          }
        };
    try (var pair = new WatchedPair(url, counter, paced ? 200 : 8)) {
      WatchedPair.Cost unused = pair.read(true);
    }
    return events.doubleValue() / pieces.sum();
  }

  private static double median(double[] numbers) {
    var sorted = numbers.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
