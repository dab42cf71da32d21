package dev.holdfast.benchmarks.gateway;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * What a tenant at ten times its quota does to others: their time to the first content, p99, with
 * and without it, in turns. Times of the clock: on a busy machine both are long, and their ratio
 * counts. Exit code 1 if it is 2 or more. The argument is the number of rounds.
 */
public final class NoisyNeighbour {
  private static final String QUIET_KEY = "hfk_benchmark-of-the-quiet-tenant-0123456789abcdef";
  private static final String NOISY_KEY = "hfk_benchmark-of-the-noisy-tenant-0123456789abcdef";
  private static final int QUIET_CLIENTS = 20;
  private static final int NOISY_CLIENTS = 20;
  private static final long QUIET_PAUSE_MILLIS = 100;

  /** Requests a minute; the noisy clients together ask ten times as often. */
  private static final int QUOTA = 120;

  private static final int TIMES = 10;
  private static final long NOISY_PAUSE_MILLIS = 60_000L * NOISY_CLIENTS / (QUOTA * TIMES);
  private static final int SECONDS = 6;
  private static final int WARM_SECONDS = 20;

  private final long[] times = new long[1 << 20];
  private int timed;
  private long refused;
  private final AtomicLong served = new AtomicLong();
  private final AtomicBoolean noise = new AtomicBoolean();
  private final AtomicBoolean counting = new AtomicBoolean();

  private NoisyNeighbour() {}

  /** Runs it. */
  public static void main(String[] arguments) throws IOException {
    int rounds = arguments.length == 0 ? 5 : Integer.parseInt(arguments[0]);
    System.exit(new NoisyNeighbour().run(rounds) ? 0 : 1);
  }

  private boolean run(int rounds) throws IOException {
    String classes = System.getProperty("java.class.path");
    var small = List.of("-XX:+UseSerialGC", "-Xmx256m", "--enable-native-access=ALL-UNNAMED");
    var loops = Loops.group(1);
    try (var upstream = Child.start("upstream", Child.java(classes, EventServer.class, small));
        var gateway =
            GatewayProcess.start(
                GatewayBenchmark.SMALL_HEAP,
                Integer.parseInt(upstream.line()),
                1,
                List.of("quiet:" + QUIET_KEY + ":0", "noisy:" + NOISY_KEY + ":" + QUOTA))) {
      int port = Integer.parseInt(gateway.line());
      for (int i = 0; i < QUIET_CLIENTS; i++) {
        AskingClient.start(loops, port, new Quiet());
      }
      for (int i = 0; i < NOISY_CLIENTS; i++) {
        AskingClient.start(loops, port, new Noisy());
      }
      noise.set(true);
      sleep(WARM_SECONDS);
      var without = new double[rounds];
      var with = new double[rounds];
      var ratios = new double[rounds];
      for (int i = 0; i < rounds; i++) {
        without[i] = window(loops, false);
        with[i] = window(loops, true);
        ratios[i] = with[i] / without[i];
        System.out.printf(
            "p99 to the first content: %.2f ms alone, %.2f ms beside the noise (%.2f); noise: %d"
                + " served, %d refused%n",
            without[i], with[i], ratios[i], served.get(), refused);
      }
      Arrays.sort(ratios);
      double median = ratios[rounds / 2];
      System.out.printf("median of the ratios: %.2f, must be below 2%n", median);
      if (refused == 0 || Arrays.stream(ratios).anyMatch(Double::isNaN)) {
        System.out.println("UNCLEAR: the machine was too slow for the load");
        return false;
      }
      return median < 2;
    } finally {
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
  }

  private double window(io.netty.channel.EventLoopGroup loops, boolean noisy) {
    noise.set(noisy);
    sleep(1);
    loops
        .submit(() -> {
          timed = 0;
        })
        .syncUninterruptibly();
    counting.set(true);
    sleep(SECONDS);
    counting.set(false);
    return loops.submit(this::p99).syncUninterruptibly().getNow();
  }

  private double p99() {
    long[] sorted = Arrays.copyOf(times, timed);
    Arrays.sort(sorted);
    return sorted.length == 0 ? Double.NaN : sorted[(int) ((sorted.length - 1) * 0.99)] / 1e6;
  }

  private static void sleep(int seconds) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  /** A tenant within its quota. */
  private final class Quiet implements AskingClient.Load {
    @Override
    public Map<String, String> headers() {
      return Map.of("authorization", "Bearer " + QUIET_KEY, "x-bench", "20 0");
    }

    @Override
    public String prompt() {
      return "Write about the harbour.";
    }

    @Override
    public long answered(AskingClient.Answer answer) {
      if (answer.status() != 200) {
        throw new IllegalStateException("quiet: must be served, was " + answer.status());
      }
      if (counting.get() && timed < times.length) {
        times[timed++] = answer.firstNanos();
      }
      return QUIET_PAUSE_MILLIS;
    }
  }

  /** A tenant far above it. */
  private final class Noisy implements AskingClient.Load {
    @Override
    public Map<String, String> headers() {
      return Map.of(
          "authorization", "Bearer " + NOISY_KEY, "x-bench", noise.get() ? "20 0" : "1 0");
    }

    @Override
    public String prompt() {
      return "Write about the lantern.";
    }

    @Override
    public long answered(AskingClient.Answer answer) {
      if (answer.status() == 200) {
        served.incrementAndGet();
      } else {
        refused++;
      }
      return noise.get() ? NOISY_PAUSE_MILLIS : 1_000;
    }
  }
}
