package dev.holdfast.blackbox.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.CompletionStream;
import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.testkit.proxy.Cut;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * After a stream has ended, however it ended, the engine generates nothing for it. An answer
 * without an end would keep a slot busy for the rest of its context, over 20 seconds on a free
 * core.
 */
@Timeout(120)
@Tag("slow")
final class EngineEndsTest {
  /** What is asked of the client is a second; this leaves room for a busy machine. */
  private static final Duration SOON = Duration.ofSeconds(8);

  private static Engine engine;
  private static CutStreams streams;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    engine = Engine.start();
    streams = new CutStreams(engine);
  }

  @AfterAll
  static void end() throws IOException {
    if (engine != null) {
      streams.close();
      engine.close();
    }
  }

  @ParameterizedTest(name = "{0} by {1}, kept: {2}")
  @CsvSource({
    "openai-chat, ABORT, true",
    "openai-chat, CLOSE, true",
    "openai-chat, DEADLINE, true",
    "openai-chat, ABORT, false",
    "openai-chat, DEADLINE, false",
    "anthropic-messages, ABORT, false",
    "openai-responses, CLOSE, false"
  })
  void anEndedStreamLeavesTheEngineIdle(String protocol, String how, boolean kept)
      throws IOException, InterruptedException {
    var rungs = kept ? List.of(Rung.CURSOR, Rung.PREFILL) : List.of(Rung.PREFILL);
    boolean deadline = how.equals("DEADLINE");
    var clocks = Timeouts.DEFAULT.withTotal(deadline ? Duration.ofSeconds(1) : Duration.ZERO);
    try (var holdfast = client(protocol, rungs, clocks)) {
      try (var stream = holdfast.stream(new Ask(protocol, Ask.ENDLESS, 0).request())) {
        if (deadline) {
          assertThat(stream.outcome().cause()).contains(Cause.DEADLINE_EXCEEDED);
        } else {
          read(stream, 12);
          assertThat(engine.isIdle()).isFalse();
        }
        if (how.equals("ABORT")) {
          stream.abort();
        }
      }
      engine.awaitIdle(SOON);
      assertThat(engine.isIdle()).as(how.toLowerCase(Locale.ROOT)).isTrue();
    }
  }

  /** The continuation takes the place of the generation that broke: it must not run beside it. */
  @Test
  void anAnswerThatBrokeLeavesOneGenerationAtMost() throws IOException, InterruptedException {
    var ask = new Ask(Ask.CHAT, Ask.STORY, 60);
    var plan = streams.plan(List.of(Rung.REPLAY), List.of(Cut.after(12, Cut.End.RST)));
    var result = streams.run(ask, CutStreams.able(List.of(Rung.REPLAY)), plan);
    assertThat(result.outcome().isComplete()).isTrue();
    engine.awaitIdle(SOON);
    assertThat(engine.isIdle()).isTrue();
  }

  private static void read(CompletionStream stream, int events) {
    var iterator = stream.iterator();
    for (int i = 0; i < events && iterator.hasNext(); i++) {
      iterator.next();
    }
  }

  private static Holdfast client(String protocol, List<Rung> rungs, Timeouts clocks) {
    return Holdfast.builder()
        .upstream(
            Upstream.of(protocol, engine.url().toString(), null)
                .withCapability(CutStreams.able(rungs)))
        .policy(StreamPolicy.DEFAULT.withTimeouts(clocks))
        .build();
  }
}
