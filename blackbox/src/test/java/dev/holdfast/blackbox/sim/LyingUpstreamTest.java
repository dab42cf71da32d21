package dev.holdfast.blackbox.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.engine.StreamMachine;
import dev.holdfast.core.engine.StreamPlan;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.link.FaultyLink;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.model.ScriptedModel;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** An upstream that answers something else than it was asked ends in the right cause. */
class LyingUpstreamTest {
  private static final Answer ANSWER =
      Answer.ofText("The keeper trims the lamp, counts the ships, and writes both numbers down.")
          .withReasoning("What does a keeper do?");

  private static final Cause VIOLATION = Cause.PROTOCOL_VIOLATION;

  private static final int[] SLICES = {1, 7, 700};

  /** A question in one protocol and its answer in another. */
  record Pair(Protocol asked, Protocol answers) {
    @Override
    public String toString() {
      return asked + " answered in " + answers;
    }
  }

  static List<Pair> pairs() {
    var pairs = new ArrayList<Pair>();
    for (Protocol asked : Protocol.spoken()) {
      for (Protocol answers : Protocol.values()) {
        if (asked != answers) {
          pairs.add(new Pair(asked, answers));
        }
      }
    }
    return pairs;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("pairs")
  void anotherProtocolIsAViolationOfTheOneThatWasAsked(Pair pair) {
    var reply = model(pair.answers()).reply(request(pair.answers()), 1);

    for (int slice : SLICES) {
      var told = answered(pair.asked(), reply.head(), reply.body(), slice);
      assertThat(told.failures()).extracting(Failure::cause).containsExactly(VIOLATION);
      assertThat(told.failures().getFirst().detail())
          .contains(pair.asked().id())
          .contains(pair.answers().id());
      assertThat(told.content()).isEmpty();
      assertThat(told.complete()).isFalse();
    }
  }

  /** The operator's rule about events that cannot be read changes what follows, not the cause. */
  @ParameterizedTest(name = "{0}")
  @EnumSource(RecoveryPolicy.Malformed.class)
  void theCauseIsTheSameUnderEveryPolicyForMalformedEvents(RecoveryPolicy.Malformed malformed) {
    var policy = StreamPolicy.DEFAULT.withRecovery(RecoveryPolicy.DEFAULT.withMalformed(malformed));
    for (Pair pair : pairs()) {
      var reply = model(pair.answers()).reply(request(pair.answers()), 1);
      var told = answered(pair.asked(), reply.head(), reply.body(), 700, policy);
      assertThat(told.failures())
          .as(pair.toString())
          .extracting(Failure::cause)
          .containsExactly(VIOLATION);
    }
  }

  static List<Protocol> spoken() {
    return Protocol.spoken();
  }

  /** What was begun in the right protocol and ends early is cut, and nothing else. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("spoken")
  void theRightProtocolIsNeverTakenForAnother(Protocol protocol) {
    var reply = model(protocol).reply(request(protocol), 1);
    String body = reply.body();
    for (int cut = 0; cut < body.length(); cut++) {
      var told = answered(protocol, reply.head(), body.substring(0, cut), 700);
      assertThat(told.failures())
          .as("cut at %d", cut)
          .extracting(Failure::cause)
          .doesNotContain(VIOLATION);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("spoken")
  void anErrorPageIsNoAnswer(Protocol protocol) {
    var page = new FaultyLink(protocol, 1);
    var sent =
        page.carry(
            model(protocol).reply(request(protocol), 1),
            Fault.parseAll("html-page@code=200"),
            0,
            1);
    var told = answered(protocol, sent.head(), sent.frames().getFirst().text(), 700);

    assertThat(told.failures()).extracting(Failure::cause).containsExactly(sent.cause());
    assertThat(told.content()).isEmpty();
    assertThat(told.complete()).isFalse();
  }

  private static ScriptedModel model(Protocol protocol) {
    return new ScriptedModel(protocol, ANSWER, new Continuation.Exact(), 1);
  }

  private static String request(Protocol protocol) {
    var dialect =
        Dialects.chat(protocol == Protocol.GEMINI_JSON_ARRAY ? "gemini-sse" : protocol.id());
    return dialect.body(ChatRequest.to("m").user("Describe it.").build());
  }

  /** What one attempt came to. */
  private record Told(List<Failure> failures, List<StreamEvent> content, boolean complete) {}

  private static Told answered(Protocol asked, ResponseHead head, String body, int slice) {
    return answered(asked, head, body, slice, StreamPolicy.DEFAULT);
  }

  private static Told answered(
      Protocol asked, ResponseHead head, String body, int slice, StreamPolicy policy) {
    var machine =
        new StreamMachine(
            new StreamPlan(
                Dialects.chat(asked.id()),
                request(asked),
                new Capability(List.of(), Prefill.PLAIN),
                policy),
            new SplittableRandom(1));
    var actions = new ArrayList<>(machine.on(new Signal.Begin(), 1, false));
    actions.addAll(machine.on(new Signal.HeadersArrived(1, head, 1), 2, false));
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < bytes.length; i += slice) {
      var piece = ByteBuffer.wrap(bytes, i, Math.min(slice, bytes.length - i));
      actions.addAll(machine.on(new Signal.BytesArrived(1, piece), 3, false));
    }
    actions.addAll(machine.on(new Signal.EndOfBody(1), 4, false));
    var failures = new ArrayList<Failure>();
    var content = new ArrayList<StreamEvent>();
    boolean complete = false;
    for (Action action : actions) {
      if (action instanceof Action.Deliver(StreamEvent.AttemptFailed(int number, var failure))) {
        failures.add(failure);
      } else if (action instanceof Action.Deliver(var event) && event.isContent()) {
        content.add(event);
      } else if (action instanceof Action.Finish(var ending)) {
        complete = ending.verdict().isComplete();
      }
    }
    return new Told(failures, content, complete);
  }
}
