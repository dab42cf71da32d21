package dev.holdfast.testkit.sim.invariant;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.testkit.answer.AnswerPart;
import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.fault.Shape;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.sim.upstream.ContinuationRequest;
import dev.holdfast.testkit.sim.upstream.SimulatedAttempt;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * TOOLS: no partial call is handed on as whole, each whole one once, fragments only where the
 * policy is {@code live}. After a cut among fragments only their rest follows.
 */
public final class DeliversWholeCalls extends Invariant {
  private static final Set<Shape> AT_LIMIT =
      EnumSet.of(Shape.CALL_AT_LIMIT, Shape.BLANK_CALL_AT_LIMIT);

  private static final Set<Shape> WITHOUT_CALLS =
      EnumSet.of(Shape.EMPTY_ANSWER, Shape.MALFORMED_CALL_FINISH);

  private static final Set<Shape> SNAPSHOTS = EnumSet.of(Shape.CUMULATIVE_ARGUMENTS);

  private final List<AnswerPart.Tool> truth;
  private final boolean live;
  private final Map<Integer, StringBuilder> fragments = new TreeMap<>();
  private boolean otherAnswer;
  private int wrote;
  private int generation;

  public DeliversWholeCalls(SimulationState seen, List<String> violations) {
    super(seen, violations);
    truth = seen.situation.answer().tools();
    live = seen.situation.policy().recovery().tools() == RecoveryPolicy.Tools.LIVE;
  }

  @Override
  public void acted(Action action, long now) {
    switch (action) {
      case Action.Deliver(StreamEvent.ToolCallReady(var call)) -> {
        int index = seen.toolCalls.size() - 1;
        if (index >= truth.size() || !same(truth.get(index), call)) {
          violate("TOOLS", call + " was never sent there");
        }
      }
      case Action.Deliver(StreamEvent.ToolCallDelta delta) -> fragment(delta);
      case Action.OpenAttempt open -> {
        var made = seen.tries.getLast();
        boolean another =
            made.asked.makesWrite() || made.asked.kind() == ContinuationRequest.Kind.TOKENS;
        if (wrote != 0 && another) {
          violate("TOOLS", "another attempt after fragments of attempt " + wrote);
        }
        otherAnswer |=
            open.attempt() > 1
                && seen.situation.upstreams().get(open.upstream()).continuation()
                    instanceof Continuation.Drift;
      }
      default -> {
        // No call.
      }
    }
  }

  private void fragment(StreamEvent.ToolCallDelta delta) {
    if (!live) {
      violate("TOOLS", "a fragment was handed on though the policy is whole");
    }
    var author = seen.alone();
    if (wrote != 0 && author != null && author.generation != generation) {
      violate("TOOLS", "fragments of two answers");
    }
    wrote = author == null ? 0 : author.number;
    generation = author == null ? 0 : author.generation;
    int call = delta.call();
    var some = fragments.computeIfAbsent(call, any -> new StringBuilder());
    some.append(delta.arguments());
    String all = call < truth.size() ? truth.get(call).argumentsJson() : "";
    // Which fragments are snapshots shows only later; the whole call is still right.
    boolean snapshots = seen.tries.stream().anyMatch(made -> made.isShaped(SNAPSHOTS));
    if (!all.startsWith(some.toString()) && !isLossy() && !snapshots) {
      violate("TOOLS", "fragments '" + some + "' of '" + all + "'");
    }
  }

  /** A model that repeats the anchor and stops calls nothing: OneText checks that it may stop. */
  private boolean stopsAtSeam(SimulatedAttempt last, Ending ending) {
    return seen.upstreamOf(last).continuation() instanceof Continuation.StopAtAnchor
        && seen.toolCalls.isEmpty()
        && !ending.seams().isEmpty()
        && ending.seams().getLast().attempt() == last.number
        && ending.seams().getLast().offset() == seen.text.length()
        && !ending.seams().getLast().rung().isExact();
  }

  /** Whether something of a call was passed over because it could not be read. */
  private boolean isLossy() {
    return seen.situation.policy().recovery().malformed() == RecoveryPolicy.Malformed.SKIP
        && seen.tries.stream().anyMatch(made -> made.hasLost(WireFrame.Kind.TOOL));
  }

  private static boolean same(AnswerPart.Tool tool, ToolCall call) {
    return tool.name().equals(call.name())
        // Gemini and Ollama give calls no ids.
        && (call.id().isEmpty() || tool.id().equals(call.id()))
        && tool.argumentsJson().equals(call.arguments());
  }

  @Override
  public void finished(Ending ending, long now) {
    if (!ending.toolCalls().equals(seen.toolCalls)) {
      violate("TOOLS", "reported " + ending.toolCalls() + ", handed on " + seen.toolCalls);
    }
    boolean complete = ending.verdict().isComplete();
    boolean all = seen.toolCalls.size() == truth.size() - withheldCalls(ending);
    if (complete && !otherAnswer && !all && !isLossy()) {
      violate("TOOLS", "COMPLETE with " + seen.toolCalls);
    }
  }

  /** How many calls the last reply reports not to have, by its finish or by sending nothing. */
  private int withheldCalls(Ending ending) {
    var last = seen.closed;
    if (last == null || truth.isEmpty()) {
      return 0;
    }
    if (stopsAtSeam(last, ending)) {
      return truth.size();
    }
    if (last.isShaped(AT_LIMIT)) {
      return 1;
    }
    return last.isShaped(WITHOUT_CALLS) ? truth.size() : 0;
  }
}
