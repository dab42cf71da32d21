package dev.holdfast.blackbox.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Outcome;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.testkit.proxy.Cut;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An engine that restarts, falls silent, is slow, or has many streams at once. */
@Timeout(180)
@Tag("slow")
final class EngineTroubleTest {
  private static final Duration LONG = Duration.ofMinutes(2);

  private Engine engine;

  @BeforeEach
  void start() throws IOException, InterruptedException {
    engine = Engine.start();
  }

  @AfterEach
  void end() throws IOException {
    if (engine != null) {
      engine.close();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"CURSOR", "CONTINUE", "PREFILL", "REPLAY"})
  void anAnswerSurvivesARestartOfTheEngine(Rung rung) throws IOException, InterruptedException {
    var ask = new Ask(Ask.CHAT, Ask.STORY, 120);
    var truth = ask.truth(engine);
    // A restarted engine has nothing of the generations that it kept.
    var rungs = rung == Rung.CURSOR ? List.of(rung, Rung.PREFILL) : List.of(rung);
    try (var holdfast = client(rungs, Timeouts.DEFAULT);
        var stream = holdfast.stream(ask.request())) {
      var iterator = stream.iterator();
      int texts = 0;
      while (texts < 30 && iterator.hasNext()) {
        texts += iterator.next() instanceof StreamEvent.TextDelta ? 1 : 0;
      }
      engine.kill();
      engine.launch();
      Outcome outcome = stream.outcome();
      assertThat(outcome.isComplete()).as(outcome + " " + outcome.failure()).isTrue();
      assertThat(outcome.text()).isEqualTo(truth.text());
    }
  }

  /** The process is stopped, so its sockets stay open, and runs on later. */
  @Test
  void aSilentEngineIsLeftByTheIdleClockAndItsAnswerContinued()
      throws IOException, InterruptedException {
    var ask = new Ask(Ask.CHAT, Ask.STORY, 120);
    var truth = ask.truth(engine);
    var clocks = Timeouts.DEFAULT.withIdle(Duration.ofSeconds(4));
    try (var holdfast = client(List.of(Rung.PREFILL), clocks);
        var stream = holdfast.stream(ask.request())) {
      boolean stopped = false;
      int texts = 0;
      for (StreamEvent event : stream) {
        texts += event instanceof StreamEvent.TextDelta ? 1 : 0;
        if (texts == 20 && !stopped) {
          engine.pause();
          stopped = true;
        }
        if (event instanceof StreamEvent.AttemptFailed failed) {
          assertThat(failed.failure().cause()).isEqualTo(Cause.IDLE_TIMEOUT);
          engine.proceed();
        }
      }
      assertThat(stream.outcome().isComplete()).as(stream.outcome().toString()).isTrue();
      assertThat(stream.outcome().text()).isEqualTo(truth.text());
      assertThat(stream.outcome().seams()).hasSize(1);
    }
    engine.awaitIdle(LONG);
    assertThat(engine.isIdle()).isTrue();
  }

  /** Reading a prompt of 5,000 tokens takes one thread some three seconds. */
  @Test
  void theFirstTokenClockEndsAnAttemptWhosePromptTakesTooLong()
      throws IOException, InterruptedException {
    var request =
        ChatRequest.to(Engine.MODEL)
            .user("lamp word ".repeat(2500))
            .assistant("Yes.")
            .user(Ask.STORY)
            .temperature(0)
            .maxTokens(8)
            .build();
    var impatient = Timeouts.DEFAULT.withFirstToken(Duration.ofMillis(300));
    // One attempt: the engine keeps what it has read, so that a later one would be faster.
    var policy = StreamPolicy.DEFAULT.withTimeouts(impatient).withRetry(RetryPolicy.NONE);
    try (var holdfast = client(List.of(Rung.REPLAY), policy);
        var stream = holdfast.stream(request)) {
      assertThat(stream.outcome().cause()).contains(Cause.FIRST_TOKEN_TIMEOUT);
      assertThat(stream.outcome().text()).isEmpty();
    }
    engine.awaitIdle(LONG);
    assertThat(engine.isIdle()).isTrue();
    try (var holdfast = client(List.of(Rung.REPLAY), Timeouts.DEFAULT);
        var stream = holdfast.stream(request)) {
      assertThat(stream.outcome().isComplete()).as(stream.outcome().toString()).isTrue();
      assertThat(stream.outcome().text())
          .isEqualTo(new Ask(Ask.CHAT, Ask.STORY, 8).truth(engine).text());
    }
  }

  /** More streams than the engine has slots, each cut twice at places of its own. */
  @Test
  void manyStreamsAtOnceAreEachContinuedFromTheirOwnText() throws Exception {
    var ask = new Ask(Ask.CHAT, Ask.STORY, 60);
    var world = new Ask(Ask.CHAT, Ask.WORLD, 60);
    var truths = List.of(ask.truth(engine), world.truth(engine));
    var rungs = List.of(Rung.CONTINUE, Rung.PREFILL, Rung.REPLAY, Rung.TOKEN_IDS);
    try (var streams = new CutStreams(engine);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var work = new ArrayList<Callable<CutStreams.Result>>();
      for (int i = 0; i < 16; i++) {
        int number = i;
        var cuts =
            List.of(Cut.after(14 + number, Cut.End.FIN), Cut.after(8 + number / 2, Cut.End.RST));
        work.add(() ->
            streams.run(
                number % 2 == 0 ? ask : world,
                List.of(rungs.get(number % 4 / 2 * 2 + number / 8)),
                cuts));
      }
      var done = threads.invokeAll(work);
      for (int i = 0; i < done.size(); i++) {
        var result = done.get(i).get();
        assertThat(result.outcome().isComplete()).as("%d: %s", i, result).isTrue();
        assertThat(result.text()).isEqualTo(truths.get(i % 2).text());
      }
    }
  }

  private Holdfast client(List<Rung> rungs, Timeouts clocks) {
    return client(rungs, StreamPolicy.DEFAULT.withTimeouts(clocks));
  }

  private Holdfast client(List<Rung> rungs, StreamPolicy policy) {
    return Holdfast.builder()
        .upstream(
            Upstream.of(Ask.CHAT, engine.url().toString(), null)
                .withCapability(CutStreams.able(rungs)))
        .policy(policy)
        .build();
  }
}
