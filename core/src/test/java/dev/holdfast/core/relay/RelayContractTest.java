package dev.holdfast.core.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.dialect.Wire;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.engine.StreamPlan;
import dev.holdfast.core.engine.UpstreamPlan;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.relay.Relayed.Answer;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.StreamEvent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the relay holds, drops and writes anew, one sentence of its contract a test. */
class RelayContractTest {
  private static final String TEXT = RelayTest.TEXT;

  static List<String> dialects() {
    return Bodies.DIALECTS;
  }

  private static Front front(String dialect) {
    return new Front(dialect, Relayed.HEAD);
  }

  private static Relayed relayed(String dialect, Rung... rungs) {
    return new Relayed(Relayed.plan(dialect, Bodies.request(dialect), rungs), front(dialect));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Wire.Reading read(String dialect, byte[] body) {
    return Wire.read(dialect, Wire.reader(dialect), body, body.length, 999);
  }

  private static boolean reportsError(Wire.Reading reading) {
    return reading.events().stream().anyMatch(StreamEvent.ErrorReported.class::isInstance);
  }

  /** Cuts a body right after the first place of some words, and answers nothing else. */
  private static Relayed cutAfter(String dialect, String body, String words, Rung... rungs) {
    int end = body.indexOf(words) + words.length();
    String cut = body.substring(0, end);
    return relayed(dialect, rungs)
        .run((attempt, upstream, request) -> new Answer(bytes(attempt == 1 ? cut : ""), true), 64);
  }

  @ParameterizedTest
  @MethodSource("dialects")
  void anAnswerThatIsGivenUpEndsWithTheProtocolsErrorAndNothingAfterIt(String dialect) {
    String body = Bodies.answer(dialect, "one", TEXT);
    for (String words : List.of("quiet", "found o", "esterda")) {
      var relayed = cutAfter(dialect, body, words);
      var reading = read(dialect, relayed.bytes());
      assertThat(reportsError(reading)).as(relayed.text()).isTrue();
      assertThat(reading.proof().isProven()).isFalse();
      assertThat(reading.events().getLast()).isInstanceOf(StreamEvent.ErrorReported.class);
      assertThat(TEXT).startsWith(RelayTest.text(reading));
    }
  }

  @Test
  void aFinishThatAnErrorFollowsNeverLeaves() {
    String body = Bodies.answer("openai-chat", "one", TEXT);
    int finish = body.indexOf("\"finish_reason\":\"stop\"");
    int end = body.indexOf("\n\n", finish) + 2;
    String broken = body.substring(0, end) + "data: {\"error\":{\"message\":\"x\"}}\n\n";
    var relayed =
        relayed("openai-chat")
            .run((attempt, upstream, request) -> new Answer(bytes(broken), false), 50);
    assertThat(relayed.text()).doesNotContain("\"stop\"").doesNotContain("[DONE]");
    assertThat(reportsError(read("openai-chat", relayed.bytes()))).isTrue();
  }

  @Test
  void theEndOfABlockThatIsCutBeforeTheEndOfTheMessageNeverLeaves() {
    String body = Bodies.answer("anthropic-messages", "one", TEXT);
    var relayed = cutAfter("anthropic-messages", body, "event: content_block_stop\n");
    assertThat(relayed.text()).doesNotContain("content_block_stop");
    relayed =
        cutAfter("anthropic-messages", body, "{\"type\":\"content_block_stop\",\"index\":0}\n\n");
    assertThat(relayed.text()).doesNotContain("content_block_stop");
  }

  @Test
  void aThoughtThatIsCutAfterItsEndIsClosedAndTheTextGetsTheNextIndex() {
    String body = Bodies.messages("one", TEXT, true);
    for (String words :
        List.of(
            "Let me think.\"}}\n\n",
            "\"signature\":\"c2ln\"}}\n\n",
            "{\"type\":\"content_block_stop\",\"index\":0}\n\n",
            "\"index\":1,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
            "Zennor \"}}\n\n")) {
      int end = body.indexOf(words) + words.length();
      var relayed =
          relayed("anthropic-messages", Rung.REPLAY)
              .run(
                  (attempt, upstream, request) ->
                      attempt == 1
                          ? Answer.cut(bytes(body), end)
                          : Answer.whole(Bodies.messages("two", TEXT, true)),
                  64);
      RelayTest.checkWhole("anthropic-messages", relayed, words + "\n" + relayed.text());
      assertThat(relayed.text()).contains("\"id\":\"one\"").doesNotContain("\"two\"");
    }
  }

  private static String toolCall(String arguments, String rest) {
    return "data: {\"id\":\"one\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":"
        + "{\"role\":\"assistant\",\"content\":\"Let me look that up for you in the harbour book. \"}}]}"
        + "\n\ndata: {\"id\":\"one\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":"
        + "{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":\"function\",\"function\":"
        + "{\"name\":\"look\",\"arguments\":\"\"}}]}}]}\n\n"
        + "data: {\"id\":\"one\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":"
        + "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\""
        + arguments
        + "\"}}]}}]}\n\n"
        + rest;
  }

  private static final String TOOL_END =
      "data: {\"id\":\"one\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},"
          + "\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n";

  @Test
  void aToolCallThatIsCutNeverLeavesAndIsMadeAgain() {
    String whole = toolCall("{\\\"ship\\\":1}", TOOL_END);
    var relayed =
        relayed("openai-chat", Rung.REPLAY)
            .run(
                (attempt, upstream, request) ->
                    attempt == 1
                        ? new Answer(bytes(toolCall("{\\\"sh", "")), true)
                        : Answer.whole(whole),
                40);
    var calls = new StringBuilder();
    read("openai-chat", relayed.bytes())
        .events()
        .forEach(event -> {
          if (event instanceof StreamEvent.ToolCallDelta delta) {
            calls.append(delta.name()).append(delta.arguments());
          }
        });
    assertThat(calls.toString()).as(relayed.text()).isEqualTo("look{\"ship\":1}");
    assertThat(relayed.ending().verdict().isComplete()).isTrue();
  }

  @Test
  void aWholeToolCallLeavesAsItCame() {
    String whole = toolCall("{\\\"ship\\\":1}", TOOL_END);
    var relayed =
        relayed("openai-chat").run((attempt, upstream, request) -> Answer.whole(whole), 33);
    assertThat(relayed.text()).isEqualTo(whole);
  }

  @Test
  void aLiveToolCallLeavesAtOnceAndEndsWithAnErrorWhereItIsCut() {
    var live = RecoveryPolicy.DEFAULT.withTools(RecoveryPolicy.Tools.LIVE);
    var plan =
        new StreamPlan(
            Dialects.chat("openai-chat"),
            Bodies.request("openai-chat"),
            new Capability(List.of(Rung.REPLAY), Prefill.PLAIN),
            StreamPolicy.DEFAULT.withRecovery(live));
    String cut = toolCall("{\\\"sh", "");
    var relayed =
        new Relayed(plan, front("openai-chat"))
            .run((attempt, upstream, request) -> new Answer(bytes(cut), true), 33);
    assertThat(relayed.text()).startsWith(cut);
    assertThat(reportsError(read("openai-chat", relayed.bytes()))).isTrue();
    String whole = toolCall("{\\\"ship\\\":1}", TOOL_END);
    relayed =
        new Relayed(plan, front("openai-chat"))
            .run((attempt, upstream, request) -> Answer.whole(whole), 33);
    assertThat(relayed.text()).isEqualTo(whole);
  }

  @ParameterizedTest
  @MethodSource("dialects")
  void repairWritesAHealthyAnswerAnewUnderTheFrontsNames(String dialect) {
    String body = Bodies.answer(dialect, "one", TEXT);
    var relayed =
        new Relayed(Relayed.plan(dialect, Bodies.request(dialect)), front(dialect).withRepair(true))
            .run((attempt, upstream, request) -> Answer.whole(body), 70);
    RelayTest.checkText(dialect, relayed, relayed.text());
    assertThat(relayed.text()).contains("model-front").doesNotContain("\"one\"");
  }

  @ParameterizedTest
  @MethodSource("dialects")
  void anotherProtocolAnswersInTheFronts(String dialect) {
    String other = dialect.equals("openai-chat") ? "anthropic-messages" : "openai-chat";
    var relayed =
        new Relayed(Relayed.plan(other, Bodies.request(other)), front(dialect))
            .run(
                (attempt, upstream, request) -> Answer.whole(Bodies.answer(other, "one", TEXT)),
                70);
    RelayTest.checkText(dialect, relayed, relayed.text());
  }

  @Test
  void beforeContentAnotherUpstreamIsPassedOnAsItCame() {
    var capability = new Capability(List.of(), Prefill.PLAIN);
    var dialect = Dialects.chat("openai-chat");
    String request = Bodies.request("openai-chat");
    var plan =
        new StreamPlan(
            List.of(
                new UpstreamPlan("a", dialect, request, capability),
                new UpstreamPlan("b", dialect, request, capability)),
            StreamPolicy.DEFAULT);
    String whole = Bodies.answer("openai-chat", "two", TEXT);
    String role = Bodies.answer("openai-chat", "one", TEXT).substring(0, 230);
    var held =
        new Relayed(plan, front("openai-chat").withHeldOpening(true))
            .run(
                (attempt, upstream, asked) ->
                    upstream == 0 ? new Answer(bytes(role), true) : Answer.whole(whole),
                70);
    assertThat(held.text()).isEqualTo(whole);
    var shown =
        new Relayed(plan, front("openai-chat"))
            .run(
                (attempt, upstream, asked) ->
                    upstream == 0 ? new Answer(bytes(role), true) : Answer.whole(whole),
                70);
    RelayTest.checkWhole("openai-chat", shown, shown.text());
    assertThat(shown.text()).startsWith("data: {\"id\":\"one\"");
  }

  @Test
  void aHeldOpeningThatFailsLeavesNoBody() {
    var plan = Relayed.plan("openai-chat", Bodies.request("openai-chat"));
    var relayed =
        new Relayed(plan, front("openai-chat").withHeldOpening(true))
            .run((attempt, upstream, request) -> new Answer(bytes(": hello\n\n"), true), 70);
    assertThat(relayed.bytes()).isEmpty();
    assertThat(relayed.relay.hasBegun()).isFalse();
    assertThat(
            new String(
                relayed.relay.error(relayed.ending().failure().orElseThrow()),
                StandardCharsets.UTF_8))
        .contains("\"error\"");
  }

  @Test
  void aReleasedOpeningLeavesAtOnce() {
    var plan = Relayed.plan("anthropic-messages", Bodies.request("anthropic-messages"));
    var relayed = new Relayed(plan, front("anthropic-messages").withHeldOpening(true));
    relayed.signal(new Signal.Begin());
    relayed.signal(new Signal.HeadersArrived(1, Relayed.head(), 0));
    String body = Bodies.answer("anthropic-messages", "one", TEXT);
    String opening = body.substring(0, body.indexOf("event: content_block_start"));
    relayed.signal(new Signal.BytesArrived(1, ByteBuffer.wrap(bytes(opening))));
    assertThat(relayed.bytes()).isEmpty();
    relayed.relay.release();
    relayed.take();
    assertThat(relayed.text()).isEqualTo(opening);
    assertThat(new String(relayed.relay.keepAlive(), StandardCharsets.UTF_8))
        .isEqualTo("event: ping\ndata: {\"type\":\"ping\"}\n\n");
  }

  @Test
  void tokensThatTheClientDidNotAskForAreLeftOut() {
    String body = Bodies.answer("openai-chat", "one", TEXT);
    var relayed =
        new Relayed(
                Relayed.plan("openai-chat", Bodies.request("openai-chat")),
                front("openai-chat").withHiddenUsage(true))
            .run((attempt, upstream, request) -> Answer.whole(body), 70);
    assertThat(relayed.text()).doesNotContain("\"usage\"").endsWith("data: [DONE]\n\n");
    assertThat(relayed.ending().usage()).isPresent();
  }

  @Test
  void tooMuchThatMustBeHeldIsAFailure() {
    String whole = toolCall("{\\\"ship\\\":\\\"" + "x".repeat(5000) + "\\\"}", TOOL_END);
    var relayed =
        new Relayed(
                Relayed.plan("openai-chat", Bodies.request("openai-chat")),
                front("openai-chat").withMaxHeld(4000))
            .run((attempt, upstream, request) -> Answer.whole(whole), 500);
    assertThat(relayed.ending().failure().map(Failure::cause)).contains(Cause.LIMIT_EXCEEDED);
    assertThat(relayed.text()).doesNotContain("xxx").contains("limit-exceeded");
  }

  @Test
  void halfACharacterWaitsForItsOtherHalf() {
    String named = "data: {\"id\":\"one\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,";
    String half =
        named
            + "\"delta\":{\"role\":\"assistant\",\"content\":\"Boats and ships and harbours and \"}}]}\n\n"
            + named
            + "\"delta\":{\"content\":\"sea \\ud83d\"}}]}\n\n";
    var relayed =
        relayed("openai-chat")
            .run(
                (attempt, upstream, request) -> new Answer(bytes(attempt == 1 ? half : ""), true),
                70);
    assertThat(relayed.text()).doesNotContain("ud83d").contains("sea ");
    String whole =
        half
            + named
            + "\"delta\":{\"content\":\"\\ude00\"}}]}\n\n"
            + named
            + "\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    relayed = relayed("openai-chat").run((attempt, upstream, request) -> Answer.whole(whole), 70);
    assertThat(relayed.text()).isEqualTo(whole);
  }
}
