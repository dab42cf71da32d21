package dev.holdfast.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.dialect.KeptAddress;
import dev.holdfast.core.policy.Profiles;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.provider.encode.EventEncoder;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.core.stream.Verdict;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Two layers that continue an answer do not multiply their attempts. */
class GatewayErrorsTest {
  private static final Map<String, List<String>> GATEWAY =
      Map.of("x-holdfast-attempt", List.of("1"), "x-holdfast-upstream", List.of("primary"));
  private static final Failure LOST =
      Failure.retryable(Cause.CONNECTION_LOST, "the body ended inside the chunked encoding");

  private static List<String> dialects() {
    return List.of(
        "openai-chat", "openai-responses", "anthropic-messages", "gemini-sse", "ollama-chat");
  }

  @ParameterizedTest
  @MethodSource("dialects")
  void whatAGatewayCouldNotContinueIsNotContinuedAgain(String dialect) {
    var driven = broken(dialect, GATEWAY, LOST);
    assertThat(driven.requests).hasSize(1);
    assertThat(driven.ending().verdict()).isInstanceOf(Verdict.Failed.class);
    assertThat(driven.ending().failure()).isPresent();
  }

  @ParameterizedTest
  @MethodSource("dialects")
  void aGatewayThatEndsIsAskedAgain(String dialect) {
    assertThat(broken(dialect, GATEWAY, Failure.GATEWAY_ENDS).requests).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai-chat", "anthropic-messages"})
  void anyOtherServerIsAskedAgain(String dialect) {
    assertThat(broken(dialect, Map.of(), LOST).requests).hasSize(2);
  }

  /** The gateway had no room to keep the request. */
  @ParameterizedTest
  @ValueSource(strings = {"openai-chat", "anthropic-messages"})
  void aGatewayThatDoesNotContinueIsAskedAgain(String dialect) {
    var head =
        Map.of("x-holdfast-attempt", List.of("1"), "x-holdfast-recovery", List.of("off, memory"));
    assertThat(broken(dialect, head, LOST).requests).hasSize(2);
  }

  private static Driven broken(String dialect, Map<String, List<String>> headers, Failure failure) {
    var wire = new SpokenEvents(dialect);
    var capability = Profiles.DEFAULT.find(dialect, "localhost", "m").capability();
    var upstream =
        new UpstreamPlan(
            "u",
            Dialects.chat(dialect),
            wire.request(4000, ""),
            capability,
            KeptAddress.QUERY,
            Profiles.DEFAULT);
    var driven = new Driven(new StreamPlan(List.of(upstream), StreamPolicy.DEFAULT));
    driven.signal(new Signal.Begin());
    driven.signal(new Signal.HeadersArrived(driven.attempt, new ResponseHead(200, headers), 0));
    driven.bytes(wire.head());
    driven.bytes(wire.token("Once upon a time there was a small stream that ran down"));
    var encoder = EventEncoder.of(dialect, new AnswerHead("r1", "m", 0, false));
    driven.bytes(new String(encoder.fail(failure), StandardCharsets.UTF_8));
    return driven.pass(Duration.ofSeconds(30));
  }
}
