package dev.holdfast.testkit.sim;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.testkit.AnswerPart;
import dev.holdfast.testkit.Continuation;
import dev.holdfast.testkit.Fault;
import dev.holdfast.testkit.Position;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Transmission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What must hold in every run, checked after every step. */
final class Invariants {
  private static final int MAX_ATTEMPTS_IN_A_ROW = 3;
  private static final int MAX_CONTINUATIONS = 8;
  private static final Duration DEADLINE = Duration.ofMinutes(60);

  /** What a request may be told by a model that does not continue: the model's right. */
  private static final EnumSet<Cause> BY_THE_MODEL = EnumSet.of(Cause.SEAM_REFUSED, Cause.REJECTED);

  private final Situation situation;
  private final String truth;
  private final List<String> violations = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();
  private final StringBuilder reasoning = new StringBuilder();
  private final Map<Integer, Transmission> transmissions = new LinkedHashMap<>();
  private final Map<Integer, Reply> replies = new LinkedHashMap<>();
  private final Set<String> wholeAnswers = new HashSet<>();
  private final List<ToolCall> toolCalls = new ArrayList<>();
  private @Nullable Ending ending;
  private int openAttempt;
  private int fruitless;
  private boolean grew;
  private boolean headSeen;
  private boolean cancelling;
  private int deliveries;

  Invariants(Situation situation) {
    this.situation = situation;
    this.truth = situation.answer().text();
  }

  List<String> violations() {
    return violations;
  }

  @Nullable Ending ending() {
    return ending;
  }

  String text() {
    return text.toString();
  }

  boolean headSeen() {
    return headSeen;
  }

  int deliveries() {
    return deliveries;
  }

  void violate(String invariant, String how) {
    violations.add(invariant + ": " + how);
  }

  void cancelling() {
    cancelling = true;
  }

  void before(Signal signal) {
    if (signal instanceof Signal.HeadersArrived) {
      headSeen = true;
    }
  }

  void opened(int attempt, Transmission transmission, Reply reply) {
    if (openAttempt != 0) {
      violate("CANCEL", "attempt " + attempt + " opened while " + openAttempt + " is open");
    }
    if (attempt > 1) {
      fruitless = grew ? 0 : fruitless + 1;
    }
    grew = false;
    headSeen = false;
    openAttempt = attempt;
    transmissions.put(attempt, transmission);
    replies.put(attempt, reply);
    if (situation.continuation() instanceof Continuation.Drift && attempt > 1) {
      wholeAnswers.add(Said.text(reply));
    }
    if (fruitless >= MAX_ATTEMPTS_IN_A_ROW) {
      violate("BUDGET", fruitless + " attempts in a row without new content, and another one");
    }
  }

  void after(Action action, long now) {
    if (ending != null && !(action instanceof Action.Finish)) {
      violate("TERMINAL", action + " after the end");
    }
    switch (action) {
      case Action.Deliver(var event) -> delivered(event);
      case Action.CloseAttempt close -> openAttempt = 0;
      case Action.Finish(var end) -> {
        if (ending != null) {
          violate("TERMINAL", "a second end");
        }
        ending = end;
      }
      case Action.OpenAttempt open -> {}
      case Action.SetTimer(long deadline) -> {
        if (deadline < now) {
          violate("LIVENESS", "a timer in the past");
        }
      }
      case Action.Score score -> {}
      case Action.Forget forget -> {}
    }
  }

  private void delivered(StreamEvent event) {
    deliveries++;
    switch (event) {
      case StreamEvent.TextDelta delta -> {
        text.append(delta.text());
        commit();
        checkPrefix();
      }
      case StreamEvent.ReasoningDelta delta -> {
        reasoning.append(delta.text());
        commit();
        if (!situation.answer().reasoning().startsWith(reasoning.toString())) {
          violate("PREFIX", "reasoning '" + reasoning + "'");
        }
      }
      case StreamEvent.ToolCallReady(var call) -> {
        toolCalls.add(call);
        if (!isTrue(call)) {
          violate("TOOLS", call + " was never said");
        }
      }
      case StreamEvent.ToolCallDelta delta ->
          violate("TOOLS", "a fragment was handed on though the policy is whole");
      case StreamEvent.SeamMarked(var seam) -> {
        if (seam.offset() != text.length()) {
          violate("NO-SPLICE", "seam at " + seam.offset() + ", text at " + text.length());
        }
      }
      case StreamEvent.AttemptFailed(int attempt, var failure) -> blamed(attempt, failure);
      default -> {
        // Carries no answer.
      }
    }
  }

  private void commit() {
    grew = true;
  }

  /**
   * What a consumer has is a prefix of the one true answer, whatever the model tried. Only a model
   * that answers the same request in other words may have another answer delivered: a whole one.
   */
  private void checkPrefix() {
    if (!truth.startsWith(text.toString())
        && wholeAnswers.stream().noneMatch(whole -> whole.startsWith(text.toString()))) {
      violate("PREFIX", "'" + tail(text) + "' is no prefix of '" + truth + "'");
    }
  }

  private static String tail(CharSequence text) {
    return text.subSequence(Math.max(0, text.length() - 80), text.length()).toString();
  }

  private boolean isTrue(ToolCall call) {
    for (AnswerPart.Tool tool : situation.answer().tools()) {
      if (tool.name().equals(call.name())
          && String.join("", tool.arguments()).equals(call.arguments())) {
        return true;
      }
    }
    return false;
  }

  /** The cause named is the fault injected. */
  private void blamed(int attempt, Failure failure) {
    var transmission = transmissions.get(attempt);
    var reply = replies.get(attempt);
    if (transmission == null || reply == null) {
      violate("BLAME", "attempt " + attempt + " failed but was never made");
      return;
    }
    Cause injected = transmission.cause();
    if (explains(injected, failure.cause())) {
      return;
    }
    if (attempt > 1 && BY_THE_MODEL.contains(failure.cause())) {
      return;
    }
    violate("BLAME", "attempt " + attempt + ": " + failure + ", injected " + transmission.struck());
  }

  /** Whether a client may name this cause for what was injected. */
  private boolean explains(@Nullable Cause injected, Cause named) {
    // Of silence behind a response head the shorter clock speaks first.
    boolean shorterClock = injected == Cause.FIRST_TOKEN_TIMEOUT && named == Cause.IDLE_TIMEOUT;
    return injected == named || shorterClock || maskedByPauses(injected);
  }

  /** A consumer that is away cannot know how long the upstream was silent. */
  private boolean maskedByPauses(@Nullable Cause injected) {
    return situation.pauses()
        && (injected == Cause.IDLE_TIMEOUT
            || injected == Cause.PROGRESS_TIMEOUT
            || injected == Cause.FIRST_TOKEN_TIMEOUT);
  }

  /** Checks what can only be known at the end. */
  void finished(long now) {
    if (openAttempt != 0) {
      violate("CANCEL", "attempt " + openAttempt + " was left open");
    }
    if (now > DEADLINE.toNanos()) {
      violate("LIVENESS", "ended after " + Duration.ofNanos(now));
    }
    var end = ending;
    if (end == null) {
      violate("TERMINAL", "no end");
      return;
    }
    switch (end.verdict()) {
      case Verdict.Complete() -> complete(end);
      case Verdict.Cancelled() -> {
        if (!cancelling) {
          violate("TERMINAL", "cancelled, but nobody did");
        }
      }
      case Verdict.Truncated(var cause) -> incomplete(end, cause, now);
      case Verdict.Failed(var cause) -> incomplete(end, cause, now);
    }
    if (end.seams().size() > MAX_CONTINUATIONS) {
      violate("BUDGET", end.seams().size() + " seams");
    }
    if (end.exactness() == Exactness.UNBROKEN && !end.seams().isEmpty()) {
      violate("NO-SPLICE", "unbroken with seams " + end.seams());
    }
  }

  private void complete(Ending end) {
    if (!truth.contentEquals(text) && !wholeAnswers.contains(text.toString())) {
      violate("TERMINAL", "COMPLETE with '" + tail(text) + "' of '" + truth + "'");
    }
    if (wholeAnswers.isEmpty() && toolCalls.size() != situation.answer().tools().size()) {
      violate("TOOLS", "COMPLETE with " + toolCalls);
    }
    var last = transmissions.get(transmissions.size());
    Cause injected = last == null ? null : last.cause();
    if (injected == Cause.MISSING_DONE && !end.warnings().contains(Cause.MISSING_DONE)) {
      violate("BLAME", "missing-done was not warned of");
    } else if (injected != null
        && injected != Cause.MISSING_DONE
        && !maskedByPauses(injected)
        && !mayKeepTheProof(last)) {
      violate("BLAME", "COMPLETE in spite of " + injected);
    }
  }

  /** A cut between two bytes may fall behind the whole closing event, before its blank line. */
  private static boolean mayKeepTheProof(@Nullable Transmission last) {
    return last != null
        && last.struck().getLast() instanceof Fault.EndEarly(Position.AfterBytes at);
  }

  private void incomplete(Ending end, Cause cause, long now) {
    if (cause == Cause.DEADLINE_EXCEEDED && now >= Simulation.TIMEOUTS.total().toNanos()) {
      return;
    }
    if (end.failure() == null) {
      violate("BLAME", end.verdict() + " without a failure");
      return;
    }
    boolean injected = transmissions.values().stream().anyMatch(it -> explains(it.cause(), cause));
    boolean model = transmissions.size() > 1 && BY_THE_MODEL.contains(cause);
    if (!injected && !model) {
      violate("BLAME", end.verdict() + " but injected was " + faults());
    }
  }

  private List<List<Fault>> faults() {
    return transmissions.values().stream().map(Transmission::struck).toList();
  }
}
