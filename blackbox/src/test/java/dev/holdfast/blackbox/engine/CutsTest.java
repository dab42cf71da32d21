package dev.holdfast.blackbox.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.testkit.proxy.Cut;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every rung, cut in every way at twenty places, in the protocols that have it ({@code -Plong};
 * otherwise each rung in two of the six ways at one place). Each stream is compared with the
 * engine's own uncut answer: verdict, text, finish and number of tokens.
 */
@Timeout(300)
@Tag("slow")
final class CutsTest {
  /** Places of each kind of cut in each cell, in the long form. */
  private static final int PLACES = 20;

  /** Every one of the places with {@code -Plong}; otherwise one, another for each kind. */
  private static final boolean LONG = Boolean.getBoolean("holdfast.long");

  /** The first place: a seam needs evidence, and this many tokens have it. */
  private static final int FIRST = 10;

  private static final int TOKENS = FIRST + PLACES + 3;

  /** A regular expression of the cells to run, for a closer look at one. */
  private static final String CELLS = System.getProperty("holdfast.cells", ".*");

  /** The ways to be cut. */
  private enum Kind {
    FIN(0, Rung.CURSOR, Rung.PREFILL),
    RST(7, Rung.TOKEN_IDS, Rung.ANCHOR),
    MID_EVENT(14, Rung.CONTINUE, Rung.REPLAY),
    MID_CHARACTER(1, Rung.CURSOR, Rung.PREFILL),
    BEFORE_FINISH(8, Rung.TOKEN_IDS, Rung.ANCHOR),
    STALL(15, Rung.CONTINUE, Rung.REPLAY);

    /** The one place of the short form. */
    private final int place;

    /** The first of the two rungs that the short form cuts so. */
    private final Rung early;

    private final Rung late;

    Kind(int place, Rung early, Rung late) {
      this.place = place;
      this.early = early;
      this.late = late;
    }

    private boolean isOf(Rung rung) {
      return LONG || rung == early || rung == late;
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

  static Stream<Arguments> cells() {
    return Stream.of(
            Arguments.of(Ask.CHAT, Rung.CURSOR),
            Arguments.of(Ask.CHAT, Rung.TOKEN_IDS),
            Arguments.of(Ask.CHAT, Rung.CONTINUE),
            Arguments.of(Ask.CHAT, Rung.PREFILL),
            Arguments.of(Ask.CHAT, Rung.ANCHOR),
            Arguments.of(Ask.CHAT, Rung.REPLAY),
            Arguments.of(Ask.MESSAGES, Rung.PREFILL),
            Arguments.of(Ask.MESSAGES, Rung.ANCHOR),
            Arguments.of(Ask.MESSAGES, Rung.REPLAY),
            Arguments.of(Ask.RESPONSES, Rung.PREFILL),
            Arguments.of(Ask.RESPONSES, Rung.REPLAY))
        .filter(cell -> (cell.get()[0] + " by " + cell.get()[1]).matches(CELLS));
  }

  @ParameterizedTest(name = "{0} by {1}")
  @MethodSource("cells")
  void aCutAnswerIsTheEnginesOwn(String protocol, Rung rung) throws Exception {
    var slots = new Semaphore(2);
    var silences = new Semaphore(24);
    var work = new ArrayList<Callable<@Nullable String>>();
    for (Kind kind : Arrays.stream(Kind.values()).filter(kind -> kind.isOf(rung)).toList()) {
      var permits = kind == Kind.STALL ? silences : slots;
      for (int i = 0; i < (LONG ? PLACES : 1); i++) {
        int place = LONG ? i : kind.place;
        work.add(() -> {
          permits.acquire();
          try {
            return problem(protocol, rung, kind, place);
          } finally {
            permits.release();
          }
        });
      }
    }
    var failures = failuresOf(work);
    assertThat(failures.stream().limit(6))
        .as("%s by %s: %d of %d streams", protocol, rung, failures.size(), work.size())
        .isEmpty();
  }

  private static List<String> failuresOf(List<Callable<@Nullable String>> work)
      throws InterruptedException, ExecutionException {
    var failures = new ArrayList<String>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<@Nullable String> done : threads.invokeAll(work)) {
        String failure = done.get();
        if (failure != null) {
          failures.add(failure);
        }
      }
    }
    return failures;
  }

  /** {@return what is wrong with one stream; null if nothing is} */
  private static @Nullable String problem(String protocol, Rung rung, Kind kind, int place)
      throws IOException, InterruptedException {
    // The end is at another place each time, too.
    int limit =
        switch (kind) {
          case BEFORE_FINISH -> FIRST + place;
          case MID_CHARACTER -> TOKENS + 12; // To the next umlaut.
          case FIN, RST, MID_EVENT, STALL -> TOKENS;
        };
    var ask = new Ask(protocol, kind == Kind.MID_CHARACTER ? Ask.WORLD : Ask.STORY, limit);
    var truth = truth(ask);
    int events = lead(protocol) + FIRST + place;
    var cut =
        switch (kind) {
          case FIN -> Cut.after(events, Cut.End.FIN);
          case RST -> Cut.after(events, Cut.End.RST);
          case MID_EVENT -> new Cut(Cut.End.FIN, new Cut.Place.MidEvent(events));
          case MID_CHARACTER -> new Cut(Cut.End.FIN, new Cut.Place.MidCharacter(events));
          case BEFORE_FINISH -> Cut.before(Cut.End.FIN, ask.finish());
          case STALL -> Cut.after(events, Cut.End.STALL);
        };
    // Where the anchor is refused, the answer is replayed.
    var rungs = rung == Rung.ANCHOR ? List.of(rung, Rung.REPLAY) : List.of(rung);
    var result = streams.run(ask, rungs, List.of(cut));
    String problem = problem(ask, truth, rung, result);
    return problem == null ? null : kind + " at " + place + ": " + problem + "\n    " + result;
  }

  private static @Nullable String problem(
      Ask ask, Ask.Truth truth, Rung rung, CutStreams.Result result)
      throws IOException, InterruptedException {
    // This model begins its answer anew when an anchor asks it to go on, and spends its limit on
    // the
    // repetition. In Messages its tokens are not reported, and those of umlauts are estimated.
    boolean early =
        rung == Rung.ANCHOR
            || (ask.protocol().equals(Ask.MESSAGES) && ask.prompt().equals(Ask.WORLD));
    String wrong = result.wrong(truth, early);
    if (wrong != null) {
      return wrong;
    }
    var outcome = result.outcome();
    if (!result.isCut()) {
      return "was not cut";
    }
    if (!outcome.isComplete()) {
      return "not complete";
    }
    int tokens = streams.engine().tokens(result.text());
    if (tokens > ask.maxTokens()) {
      return tokens + " tokens for a limit of " + ask.maxTokens();
    }
    String finish = outcome.finish().map(end -> end.reason().name()).orElse("none");
    if (!ask.finishes(truth).contains(finish)) {
      return "finish " + finish;
    }
    if (truth.limited() && outcome.attempts().size() == 1) {
      return null; // All tokens of the limit had arrived: there is nothing to continue.
    }
    var expected =
        switch (rung) {
          case CURSOR, TOKEN_IDS, REPLAY -> List.of(Exactness.EXACT);
          case CONTINUE, PREFILL -> List.of(Exactness.CONTINUED);
          case ANCHOR, REFUSE -> Arrays.asList(Exactness.EXACT, Exactness.CONTINUED);
        };
    return expected.contains(outcome.exactness()) ? null : "exactness " + outcome.exactness();
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

  /** Events before the first content. */
  private static int lead(String protocol) {
    return switch (protocol) {
      case Ask.CHAT -> 1;
      case Ask.MESSAGES -> 2;
      default -> 4;
    };
  }
}
