package dev.holdfast.benchmarks.gateway;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/**
 * Streams without a pause through the gateway, one of twenty broken by the fault server: its heap
 * after a collection, direct memory and descriptors must stay as they are. No answer may be passed
 * off as whole that is not. Arguments, all optional, as {@code name=number}: {@code minutes},
 * {@code streams}, {@code pace} (milliseconds between two events), {@code every} (seconds between
 * two lines). Exit code 1 if a figure grew or an answer is wrong.
 */
public final class GatewaySoak {
  private static final Pattern TEXT = Pattern.compile("\"content\":\"([^\"\\\\]*)\"");
  private static final int SPREAD_MILLIS = 2_000;

  /** The last third may be so much above the first after the start. */
  private static final double ROOM = 1.25;

  /** Growth below is noise of allocators. */
  private static final long NOISE_BYTES = 4 << 20;

  private final AtomicLong whole = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicLong wrong = new AtomicLong();
  private final AtomicLong broken = new AtomicLong();
  private final AtomicBoolean over = new AtomicBoolean();

  private GatewaySoak() {}

  /** Runs it. */
  public static void main(String[] arguments) throws IOException {
    var settings = new HashMap<String, String>();
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      settings.put(argument.substring(0, equals), argument.substring(equals + 1));
    }
    System.exit(new GatewaySoak().run(settings) ? 0 : 1);
  }

  private static int number(Map<String, String> settings, String name, int otherwise) {
    return Integer.parseInt(settings.getOrDefault(name, Integer.toString(otherwise)));
  }

  private boolean run(Map<String, String> settings) throws IOException {
    int minutes = number(settings, "minutes", 60);
    int streams = number(settings, "streams", 1_000);
    int every = number(settings, "every", 60);
    String pace = settings.getOrDefault("pace", "100");
    String classes = System.getProperty("java.class.path");
    var small = List.of("-XX:+UseSerialGC", "-Xmx512m", "--enable-native-access=ALL-UNNAMED");
    var loops = Loops.group(1);
    try (var upstream =
            Child.start("upstream", Child.java(classes, SoakUpstream.class, small, pace));
        var gateway =
            GatewayProcess.start(
                GatewayBenchmark.SMALL_HEAP, Integer.parseInt(upstream.line()), 1, List.of())) {
      int port = Integer.parseInt(gateway.line());
      for (int i = 0; i < streams; i++) {
        AskingClient.start(loops, port, new Load(i));
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(SPREAD_MILLIS) / streams);
      }
      System.out.println(
          "minute, heap MiB, direct MiB, descriptors, threads, open, RSS MiB, whole, failed, broken,"
              + " wrong");
      return watch(gateway, minutes, every);
    } finally {
      over.set(true);
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
  }

  private boolean watch(Child gateway, int minutes, int every) throws IOException {
    int lines = Math.max(3, minutes * 60 / every);
    var heap = new long[lines];
    var direct = new long[lines];
    var descriptors = new long[lines];
    long start = System.nanoTime();
    for (int i = 0; i < lines; i++) {
      long due = start + TimeUnit.SECONDS.toNanos((long) every * (i + 1));
      while (System.nanoTime() < due) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      String[] state = gateway.ask("state").split(" ", -1);
      heap[i] = Long.parseLong(state[0]);
      direct[i] = Long.parseLong(state[1]);
      descriptors[i] = Long.parseLong(state[2]);
      System.out.printf(
          "%.1f, %.1f, %.1f, %s, %s, %s, %d, %d, %d, %d, %d%n",
          every * (i + 1) / 60.0,
          heap[i] / 1048576.0,
          direct[i] / 1048576.0,
          state[2],
          state[3],
          state[4],
          Child.residentKib(gateway.pid()) / 1024,
          whole.get(),
          failed.get(),
          broken.get(),
          wrong.get());
    }
    boolean flat = isFlat("heap", heap, NOISE_BYTES);
    flat &= isFlat("direct memory", direct, NOISE_BYTES);
    flat &= isFlat("descriptors", descriptors, 50);
    return flat && wrong.get() == 0 && whole.get() > 0;
  }

  /** The first line is left out: code is compiled and pools are filled. */
  private static boolean isFlat(String name, long[] values, long noise) {
    int third = Math.max(1, (values.length - 1) / 3);
    long early = 0;
    long late = 0;
    for (int i = 0; i < third; i++) {
      early = Math.max(early, values[1 + i]);
      late = Math.max(late, values[values.length - 1 - i]);
    }
    boolean flat = late <= early * ROOM || late - early <= noise;
    System.out.println(name + ": " + (flat ? "flat" : "GREW") + ", " + early + " -> " + late);
    return flat;
  }

  /** One client's streams, each of a name of its own, by which the fault server breaks it. */
  private final class Load implements AskingClient.Load {
    private final int client;
    private int asked;
    private String stream = "";

    Load(int client) {
      this.client = client;
    }

    @Override
    public String prompt() {
      stream = "soak-" + client + "-" + asked++;
      return "Write about the harbour, " + stream;
    }

    @Override
    public Map<String, String> headers() {
      return Map.of("x-holdfast-stream", stream, "authorization", "Bearer key-of-the-bench");
    }

    @Override
    public long answered(AskingClient.Answer answer) {
      if (over.get()) {
        return -1;
      }
      if (SoakUpstream.breaks(stream)) {
        broken.incrementAndGet();
      }
      var text = new StringBuilder();
      var matcher = TEXT.matcher(answer.body());
      while (matcher.find()) {
        text.append(matcher.group(1));
      }
      boolean claims = answer.body().contains("\"finish_reason\":\"stop\"");
      boolean right = text.toString().equals(SoakUpstream.ANSWER.text());
      if (answer.status() == 200 && answer.whole() && claims && right) {
        whole.incrementAndGet();
      } else if (!claims) {
        failed.incrementAndGet();
      } else {
        wrong.incrementAndGet();
      }
      return 0;
    }
  }
}
