package dev.holdfast.blackbox.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.testkit.proxy.Cut;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Cuts at random bytes of real answers, by every rung that the engine has, and aborts at random
 * events. {@code -Dholdfast.cuts=1000} makes so many; {@code -Dholdfast.seed=N} replays them.
 */
@Timeout(3600)
@Tag("slow")
final class EngineCampaignTest {
  private static final int CUTS =
      Integer.getInteger("holdfast.cuts", Boolean.getBoolean("holdfast.long") ? 60 : 12);
  private static final long SEED = Long.getLong("holdfast.seed", 1);
  private static final int ABORTS = Math.max(3, CUTS / 10);

  /** What recovery by a seam needs of delivered text is far less; shorter texts may be refused. */
  private static final int LITTLE = 40;

  private static final List<String> PROMPTS =
      List.of(Ask.STORY, Ask.WORLD, "Write a ring buffer in Python", Ask.ENDLESS, "Count to 900");

  /** A protocol and a rung that the engine has in it. */
  private record Way(String protocol, Rung rung) {
    boolean isExact() {
      return rung == Rung.CURSOR || rung == Rung.TOKEN_IDS || rung == Rung.REPLAY;
    }

    /**
     * {@return bytes of one event with a token, about; in Chat with the timings that are asked for}
     */
    int bytes() {
      return switch (protocol) {
        case Ask.CHAT -> 490;
        case Ask.MESSAGES -> 120;
        default -> 145;
      };
    }

    @Override
    public String toString() {
      return rung + " " + protocol;
    }
  }

  private static final List<Way> WAYS =
      List.of(
          new Way(Ask.CHAT, Rung.CURSOR),
          new Way(Ask.CHAT, Rung.TOKEN_IDS),
          new Way(Ask.CHAT, Rung.CONTINUE),
          new Way(Ask.CHAT, Rung.PREFILL),
          new Way(Ask.CHAT, Rung.REPLAY),
          new Way(Ask.MESSAGES, Rung.PREFILL),
          new Way(Ask.MESSAGES, Rung.REPLAY),
          new Way(Ask.RESPONSES, Rung.PREFILL),
          new Way(Ask.RESPONSES, Rung.REPLAY));

  /** How a stream that was cut ended. */
  private enum Ending {
    EXACT,
    REFUSED_WITH_LITTLE,
    REFUSED,
    ENDED_EARLY,
    OVER_THE_LIMIT,
    WRONG
  }

  private record Ended(Way way, Ending as, String detail) {
    boolean isRight() {
      return switch (as) {
        case EXACT -> true;
        case REFUSED_WITH_LITTLE -> way.rung() != Rung.REPLAY && way.rung() != Rung.CURSOR;
        case REFUSED, ENDED_EARLY, OVER_THE_LIMIT, WRONG -> false;
      };
    }
  }

  private static CutStreams streams;
  private static final Map<Ask, Ask.Truth> TRUTHS = new ConcurrentHashMap<>();

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    streams = new CutStreams(Engine.start());
  }

  @AfterAll
  static void end() throws IOException {
    if (streams != null) {
      streams.close();
      streams.engine().close();
    }
  }

  @Test
  void randomCutsAreContinuedExactlyOrRefused() throws Exception {
    var random = new SplittableRandom(SEED);
    var slots = new Semaphore(3);
    var work = new ArrayList<Callable<List<Ended>>>();
    for (int i = 0; i < CUTS; i++) {
      var own = random.split();
      work.add(() -> {
        slots.acquire();
        try {
          return cut(own);
        } finally {
          slots.release();
        }
      });
    }
    var ended = new ArrayList<Ended>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var done : threads.invokeAll(work)) {
        ended.addAll(done.get());
      }
    }
    String figures = figures(ended);
    System.out.println(figures);
    assertThat(ended.stream().filter(e -> !e.isRight()))
        .as(
            "seed %d: replay with -Dtest=EngineCampaignTest -Dholdfast.cuts=%d -Dholdfast.seed=%d\n%s",
            SEED, CUTS, SEED, figures)
        .isEmpty();
  }

  /** Draws until a cut strikes, so that each task is one cut. */
  private static List<Ended> cut(RandomGenerator random) throws IOException, InterruptedException {
    for (int i = 0; i < 20; i++) {
      var way = WAYS.get(random.nextInt(WAYS.size()));
      var ask =
          new Ask(
              way.protocol(), PROMPTS.get(random.nextInt(PROMPTS.size())), random.nextInt(20, 70));
      var truth = truth(ask);
      var cuts = new ArrayList<Cut>();
      cuts.add(draw(random, way, ask.maxTokens()));
      if (random.nextInt(4) == 0) {
        cuts.add(draw(random, way, ask.maxTokens() / 2));
      }
      var result = streams.run(ask, List.of(way.rung()), cuts);
      if (result.isCut()) {
        return List.of(judge(way, ask, truth, result));
      }
    }
    return List.of();
  }

  private static Cut draw(RandomGenerator random, Way way, int tokens) {
    int kind = random.nextInt(20);
    var end = kind == 0 ? Cut.End.STALL : kind < 10 ? Cut.End.RST : Cut.End.FIN;
    return Cut.atByte(random.nextLong(1, (long) tokens * way.bytes()), end);
  }

  private static Ended judge(Way way, Ask ask, Ask.Truth truth, CutStreams.Result result)
      throws IOException, InterruptedException {
    var outcome = result.outcome();
    String text = result.text();
    boolean limited = outcome.finish().map(e -> e.reason() == Finish.Reason.LENGTH).orElse(false);
    Ending as;
    if (text.length() > truth.text().length() && text.startsWith(truth.text())) {
      as = Ending.OVER_THE_LIMIT;
    } else if (!truth.text().startsWith(text)) {
      as = Ending.WRONG;
    } else if (!outcome.isComplete()) {
      as = text.length() < LITTLE ? Ending.REFUSED_WITH_LITTLE : Ending.REFUSED;
    } else if (text.length() < truth.text().length()) {
      as = limited ? Ending.ENDED_EARLY : Ending.WRONG;
    } else if (way.isExact() && outcome.exactness() == Exactness.CONTINUED) {
      as = Ending.WRONG;
    } else {
      as = Ending.EXACT;
    }
    return new Ended(way, as, as == Ending.EXACT ? "" : as + " " + ask + "\n    " + result);
  }

  private static String figures(List<Ended> ended) {
    var table = new TreeMap<String, Map<Ending, Integer>>();
    for (Ended one : ended) {
      table
          .computeIfAbsent(one.way().toString(), way -> new TreeMap<>())
          .merge(one.as(), 1, Integer::sum);
    }
    var page = new StringBuilder("%d cuts, seed %d\n".formatted(ended.size(), SEED));
    table.forEach((way, counts) -> page.append("%-32s %s\n".formatted(way, counts)));
    ended.stream()
        .filter(one -> one.as() != Ending.EXACT)
        .sorted(Comparator.comparing(Ended::as).reversed())
        .limit(12)
        .forEach(one -> page.append(one.way()).append(": ").append(one.detail()).append('\n'));
    return page.toString();
  }

  private static Ask.Truth truth(Ask ask) throws IOException, InterruptedException {
    var known = new Ask(Ask.CHAT, ask.prompt(), ask.maxTokens());
    var truth = TRUTHS.get(known);
    if (truth == null) {
      truth = known.truth(streams.engine());
      TRUTHS.put(known, truth);
    }
    return truth;
  }

  @Test
  void theEngineIsIdleSoonAfterEachAbort() throws Exception {
    var random = new SplittableRandom(SEED);
    var engine = streams.engine();
    var slowest = Duration.ZERO;
    for (int i = 0; i < ABORTS; i++) {
      var way = WAYS.get(random.nextInt(WAYS.size()));
      int events = random.nextInt(2, 40);
      engine.awaitIdle(Duration.ofSeconds(60));
      var plan = streams.plan(List.of(way.rung()), List.of());
      try (var holdfast =
              streams.client(way.protocol(), CutStreams.able(List.of(way.rung())), plan.baseUrl());
          var stream = holdfast.stream(new Ask(way.protocol(), Ask.ENDLESS, 0).request())) {
        var iterator = stream.iterator();
        int texts = 0;
        while (texts < events && iterator.hasNext()) {
          texts += iterator.next() instanceof StreamEvent.TextDelta ? 1 : 0;
        }
        stream.abort();
        var busy = engine.awaitIdle(Duration.ofSeconds(10));
        slowest = slowest.compareTo(busy) < 0 ? busy : slowest;
        assertThat(engine.isIdle()).as("%s after %d pieces, seed %d", way, events, SEED).isTrue();
      }
    }
    System.out.printf("%d aborts, idle after at most %d ms%n", ABORTS, slowest.toMillis());
  }
}
