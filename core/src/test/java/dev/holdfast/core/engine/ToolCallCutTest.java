package dev.holdfast.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.dialect.ChatDialect;
import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.Partial;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.provider.encode.EventEncoder;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.stream.Verdict;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A stream that breaks at any byte behind its text, in which a tool call follows. */
class ToolCallCutTest {
  private static final String TEXT =
      "Let me look up what the weather is like in Zürich today, and whether you need an umbrella.";

  private static final String ARGUMENTS = "{\"city\":\"Zürich 🌧\",\"units\":[\"°C\",\"mm\"]}";

  /** How the first attempt breaks off. */
  private static final List<Signal> BREAKS =
      List.of(
          new Signal.Failed(1, Failure.retryable(Cause.CONNECTION_LOST, "reset")),
          new Signal.EndOfBody(1));

  /** A protocol whose requests are the text that was already delivered. */
  private record Asking(Dialect dialect) implements ChatDialect {
    @Override
    public String id() {
      return dialect.id();
    }

    @Override
    public FrameDecoder newDecoder(FrameLimits limits) {
      return dialect.newDecoder(limits);
    }

    @Override
    public DialectReader newReader(CompletionPolicy completion) {
      return dialect.newReader(completion);
    }

    @Override
    public ProviderRequest call(String body) {
      return ProviderRequest.post("chat", body, this);
    }

    @Override
    public Dialect whole() {
      return dialect;
    }

    @Override
    public String body(ChatRequest request) {
      return "";
    }

    @Override
    public String withModel(String body, String model) {
      return body;
    }

    @Override
    public String streaming(String body) {
      return body;
    }

    @Override
    public RequestFacts facts(String body) {
      return new RequestFacts("m", 1, true, false, false, -1);
    }

    @Override
    public String continuation(String body, Partial partial, Rung rung, Prefill prefill) {
      return partial.text();
    }
  }

  /** What came of a stream whose first attempt was cut. */
  private static final class Run {
    private final StreamMachine machine;
    private final String protocol;
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder fragments = new StringBuilder();
    private final List<ToolCall> calls = new ArrayList<>();
    private @Nullable String request;
    private int attempt;
    private @Nullable Ending ending;

    Run(String protocol, RecoveryPolicy.Tools tools) {
      this.protocol = protocol;
      var policy = StreamPolicy.DEFAULT.withRecovery(RecoveryPolicy.DEFAULT.withTools(tools));
      machine =
          new StreamMachine(
              new StreamPlan(
                  new Asking(Dialects.byId(protocol)), "", Driven.PREFILL_THEN_ANCHOR, policy),
              new SplittableRandom(1));
    }

    void cutAt(byte[] body, int length, Signal cut) {
      signal(new Signal.Begin());
      request = null;
      play(body, length);
      signal(cut);
      for (String asked = request; asked != null; asked = request) {
        request = null;
        byte[] again = body(protocol, TEXT.substring(asked.length()));
        int number = attempt;
        play(again, again.length);
        signal(new Signal.EndOfBody(number));
      }
    }

    private void play(byte[] body, int length) {
      signal(new Signal.HeadersArrived(attempt, new ResponseHead(200, Map.of()), 0));
      signal(new Signal.BytesArrived(attempt, ByteBuffer.wrap(body, 0, length)));
    }

    private void signal(Signal signal) {
      for (var action : machine.on(signal, 1_000_000, true)) {
        switch (action) {
          case Action.OpenAttempt open -> {
            attempt = open.attempt();
            request = open.body();
          }
          case Action.Deliver(StreamEvent.TextDelta delta) -> text.append(delta.text());
          case Action.Deliver(StreamEvent.ToolCallDelta delta) ->
              fragments.append(delta.arguments());
          case Action.Deliver(StreamEvent.ToolCallReady ready) -> calls.add(ready.toolCall());
          case Action.Finish(var end) -> ending = end;
          default -> {}
        }
      }
    }

    boolean isComplete() {
      return Objects.requireNonNull(ending).verdict() instanceof Verdict.Complete;
    }
  }

  private static byte[] body(String protocol, String text) {
    return protocol.equals("ollama-chat") ? ollama(text) : encoded(protocol, text);
  }

  private static byte[] encoded(String protocol, String text) {
    var encoder = EventEncoder.of(protocol, new AnswerHead("id", "m", 0, true));
    var body = new ByteArrayOutputStream();
    var events = new ArrayList<StreamEvent>();
    events.add(new StreamEvent.TextDelta(0, text));
    events.add(new StreamEvent.ToolCallDelta(0, 0, "call_1", "weather", ""));
    for (int at = 0; at < ARGUMENTS.length(); at += 16) {
      int end = Math.min(ARGUMENTS.length(), at + 16);
      events.add(new StreamEvent.ToolCallDelta(0, 0, "", "", ARGUMENTS.substring(at, end)));
    }
    events.add(new StreamEvent.Finished(0, new Finish(Finish.Reason.TOOL_CALLS, "tool_calls")));
    events.forEach(event -> body.writeBytes(encoder.encode(event)));
    body.writeBytes(encoder.complete());
    return body.toByteArray();
  }

  private static byte[] ollama(String text) {
    return """
    {"model":"m","message":{"role":"assistant","content":"%s"},"done":false}
    {"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"weather","arguments":%s}}]},"done":false}
    {"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}
    """
        .formatted(text, ARGUMENTS)
        .getBytes(StandardCharsets.UTF_8);
  }

  static Stream<Arguments> cuts() {
    return Stream.of(
            "openai-chat", "openai-responses", "anthropic-messages", "gemini-sse", "ollama-chat")
        .flatMap(protocol -> BREAKS.stream().map(cut -> Arguments.of(protocol, cut)));
  }

  @ParameterizedTest
  @MethodSource("cuts")
  void wholeCallsAreMadeAgainAndHandedOnOnce(String protocol, Signal cut) {
    byte[] body = body(protocol, TEXT);
    int healed = 0;
    for (int length = firstByteBehindText(protocol); length <= body.length; length++) {
      var run = new Run(protocol, RecoveryPolicy.Tools.WHOLE);
      run.cutAt(body, length, cut);

      assertThat(run.isComplete()).as("cut at %d", length).isTrue();
      assertThat(run.text).as("cut at %d", length).hasToString(TEXT);
      assertThat(run.fragments).as("cut at %d", length).isEmpty();
      assertThat(run.calls).as("cut at %d", length).hasSize(1);
      assertThat(run.calls.getFirst().name()).isEqualTo("weather");
      assertThat(run.calls.getFirst().arguments()).as("cut at %d", length).isEqualTo(ARGUMENTS);
      healed += run.attempt > 1 ? 1 : 0;
    }
    assertThat(healed).isGreaterThan(100);
  }

  @ParameterizedTest
  @MethodSource("cuts")
  void liveFragmentsAreAPrefixAndNothingIsContinuedBehindThem(String protocol, Signal cut) {
    byte[] body = body(protocol, TEXT);
    int refused = 0;
    for (int length = firstByteBehindText(protocol); length <= body.length; length++) {
      var run = new Run(protocol, RecoveryPolicy.Tools.LIVE);
      run.cutAt(body, length, cut);

      assertThat(run.text).as("cut at %d", length).hasToString(TEXT);
      assertThat(ARGUMENTS).as("cut at %d", length).startsWith(run.fragments);
      if (run.isComplete()) {
        assertThat(run.fragments).as("cut at %d", length).hasToString(ARGUMENTS);
        assertThat(run.calls).as("cut at %d", length).hasSize(1);
      } else {
        refused++;
        assertThat(run.attempt).as("cut at %d", length).isEqualTo(1);
        assertThat(run.calls).as("cut at %d", length).isEmpty();
      }
    }
    assertThat(refused).isPositive();
  }

  /** {@return how many bytes a body has up to the end of its text} */
  private static int firstByteBehindText(String protocol) {
    byte[] body = body(protocol, TEXT);
    String whole = new String(body, StandardCharsets.UTF_8);
    String until = whole.substring(0, whole.indexOf('\n', whole.indexOf("umbrella.")) + 2);
    return until.getBytes(StandardCharsets.UTF_8).length;
  }
}
