package dev.holdfast.testkit.sim.draw;

import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.HardText;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Shape;
import dev.holdfast.testkit.model.Continuation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Draws what the third edition adds to the second: further ways for a model to continue, further
 * texts, and faults in the content of a reply's events.
 */
final class ThirdEdition {
  /** How many wordings of each behaviour there were in this edition. */
  private static final int TWICE = 4;

  private static final int MARKS = 15;
  private static final int DOTS = 4;
  private static final int TALK = 10;

  /** Texts that the editions before this one do not draw. */
  private static final List<HardText> TEXTS =
      List.of(
          HardText.EQUAL_LINES,
          HardText.EQUAL_BLOCKS,
          HardText.LONG_EQUAL_BLOCKS,
          HardText.NEAR_DUPLICATES,
          HardText.REFRAIN,
          HardText.TABLE,
          HardText.CODE,
          HardText.CRLF_AND_TABS,
          HardText.ZWJ_EMOJI,
          HardText.RTL,
          HardText.CJK,
          HardText.QUOTES,
          HardText.EMPHASIS,
          HardText.NUMBERED);

  /** Longer than any stream of a simulation waits. */
  private static final Duration KEPT = Duration.ofMinutes(10);

  private static final List<String> ARGUMENTS =
      List.of(
          "{}",
          "{\"n\":%d}",
          "{\"path\":\"notes/old-%d.md\",\"recursive\":true}",
          "{\"text\":\"a \\\"b\\\" {c} %d\",\"list\":[1,[2,{}],\"}\"]}");

  private static final Map<Protocol, List<Shape>> LIES =
      Map.of(
          Protocol.OPENAI_RESPONSES,
          List.of(
              Shape.RESUMED_AT_THE_END,
              Shape.RESUMED_AT_AN_EMPTY_END,
              Shape.RESUMED_ONE_TOO_LOW,
              Shape.RESUMED_IN_ANOTHER_ANSWER,
              Shape.RESUMED_BEHIND_A_GAP,
              Shape.RESUMED_FROM_THE_START),
          Protocol.OPENAI_CHAT,
          List.of(
              Shape.RESUMED_ONE_TOO_LOW,
              Shape.RESUMED_IN_ANOTHER_ANSWER,
              Shape.RESUMED_FROM_THE_START));

  private final RandomGenerator random;

  ThirdEdition(RandomGenerator random) {
    this.random = random;
  }

  Situation of(Situation second) {
    var answer = answer(second);
    var upstreams =
        second.upstreams().stream().map(one -> upstream(one, answer, mayBeShaped(second))).toList();
    boolean lies = upstreams.stream().anyMatch(one -> one.keeping().lie() != null);
    return new Situation(
        second.seed(),
        answer,
        upstreams,
        request(second.request(), !answer.tools().isEmpty(), lies),
        second.policy(),
        second.breaker(),
        second.reader());
  }

  /** Shapes belong to one whole answer, and do not apply to one with events passed over. */
  private static boolean mayBeShaped(Situation second) {
    return second.request().choices() == 1
        && second.policy().recovery().malformed() != RecoveryPolicy.Malformed.SKIP;
  }

  private static Situation.Request request(Situation.Request second, boolean tools, boolean lies) {
    return new Situation.Request(
        second.deterministic(),
        second.structured(),
        tools,
        second.kept() || lies,
        second.choices());
  }

  /**
   * The answer of the second edition; one in three has a text of this one instead, and one in four
   * has three calls of tools.
   */
  private Answer answer(Situation second) {
    var answer = second.answer();
    if (Draw.oneIn(random, 3) && !second.request().structured()) {
      answer = saying(Draw.pick(random, TEXTS).make(random.nextLong()), answer);
    }
    if (!Draw.oneIn(random, 4)) {
      return answer;
    }
    for (int call = answer.tools().size() + 1; call <= 3; call++) {
      answer = answer.withTool("call_" + call, call == 2 ? "tide" : "weather", arguments());
    }
    return answer;
  }

  private static Answer saying(String text, Answer second) {
    var answer = Answer.ofText(text);
    if (!second.reasoning().isEmpty()) {
      answer = answer.withReasoning(second.reasoning());
    }
    for (var tool : second.tools()) {
      answer = answer.withTool(tool.id(), tool.name(), tool.argumentsJson());
    }
    return answer;
  }

  private String arguments() {
    return Draw.pick(random, ARGUMENTS).formatted(random.nextInt(1000));
  }

  private Situation.Upstream upstream(Situation.Upstream second, Answer answer, boolean shapes) {
    var keeping = keeping(second, shapes);
    return new Situation.Upstream(
        second.protocol(),
        shapes ? continuation(second.continuation()) : second.continuation(),
        second.capability(),
        second.budget(),
        second.failures(),
        keeping.lie() == null ? faults(second, answer, shapes) : cut(second, answer),
        second.outages(),
        keeping);
  }

  /** Every second provider that keeps answers hands out something else than the requested rest. */
  private Retention keeping(Situation.Upstream second, boolean one) {
    var lies = LIES.getOrDefault(second.protocol(), List.of());
    boolean keeps = !second.keeping().equals(Retention.NOTHING);
    return one && keeps && !lies.isEmpty() && Draw.oneIn(random, 2)
        ? second.keeping().lying(Draw.pick(random, lies), KEPT)
        : second.keeping();
  }

  private Continuation continuation(Continuation second) {
    if (Draw.oneIn(random, 2)) {
      return second;
    }
    return switch (random.nextInt(5)) {
      case 0 -> new Continuation.StopAtAnchor();
      case 1 -> new Continuation.AnchorTwice(random.nextInt(TWICE));
      case 2 -> new Continuation.QuotedAnchor(random.nextInt(MARKS));
      case 3 -> new Continuation.Ellipses(random.nextInt(DOTS));
      default -> new Continuation.TalkAfter(random.nextInt(TALK));
    };
  }

  /** A provider is asked for the rest only of an answer that broke. */
  private List<List<Fault>> cut(Situation.Upstream second, Answer answer) {
    var faults = new ArrayList<>(second.faults());
    if (faults.isEmpty()) {
      faults.add(List.of());
    }
    if (!Draw.oneIn(random, 4)) {
      var at = Position.token(1 + random.nextInt(answer.parts().size()));
      faults.set(0, List.of(random.nextBoolean() ? new Fault.CutFin(at) : new Fault.CutRst(at)));
    }
    return faults;
  }

  /**
   * One first attempt in two, and one later one in four, meets a fault of this edition in place of
   * its own.
   */
  private List<List<Fault>> faults(Situation.Upstream second, Answer answer, boolean shapes) {
    var faults = new ArrayList<List<Fault>>();
    for (List<Fault> attempt : second.faults()) {
      faults.add(
          Draw.oneIn(random, faults.isEmpty() ? 2 : 4)
              ? Troubles.third(random, second.protocol(), answer, shapes)
              : attempt);
    }
    return faults;
  }
}
