package dev.holdfast.testkit.judge;

import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.RetryAfterHeader;
import dev.holdfast.testkit.server.ReceivedRequest;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** What counts as wrong. */
final class Rules {
  private static final int STORM = 10;

  /** So many characters identify their place in the answer. */
  private static final int MARK = 12;

  private static final long TOLERANCE_NANOS = 50_000_000;

  /** A flood may cost so much more than a healthy answer. */
  private static final long EXTRA_MEMORY = 256L << 20;

  private final TrialCase trial;
  private final Run run;
  private final List<ReceivedRequest> received;
  private final long healthyBytes;
  private final Set<JudgeFinding> findings = EnumSet.noneOf(JudgeFinding.class);

  private Rules(TrialCase trial, Run run, List<ReceivedRequest> received, long healthyBytes) {
    this.trial = trial;
    this.run = run;
    this.received = received;
    this.healthyBytes = healthyBytes;
  }

  /**
   * {@return what is wrong with a run}
   *
   * @param received the requests it made
   * @param healthyBytes the client's peak memory for a healthy answer; 0 if unknown
   */
  static Set<JudgeFinding> findings(
      TrialCase trial, Run run, List<ReceivedRequest> received, long healthyBytes) {
    var rules = new Rules(trial, run, received, healthyBytes);
    rules.judge();
    return Set.copyOf(rules.findings);
  }

  private void judge() {
    text();
    tools();
    requests();
    // A client still piling up a flood when the time is over has the one fault, not two.
    check(run.end() == Run.End.HUNG && !outgrew(), JudgeFinding.HANG);
    check(outgrew(), JudgeFinding.MEMORY);
    switch (trial.demand()) {
      case DELIVER -> check(run.end() == Run.End.FAILED, JudgeFinding.NEEDLESS_FAILURE);
      case GIVE_UP -> check(run.end() == Run.End.CLAIMED, JudgeFinding.TRUNCATED_ACCEPTED);
      case CANCEL ->
          check(run.end() != Run.End.CANCELLED || !run.closedInTime(), JudgeFinding.LEFT_OPEN);
      case TELL, WAIT, HOLD_BACK -> {}
    }
  }

  /** What was shown must be the beginning of the truth; of a claimed answer, all of it. */
  private void text() {
    String truth = trial.answer().text();
    String shown = run.text();
    if (truth.startsWith(shown)) {
      check(
          run.end() == Run.End.CLAIMED && shown.length() < truth.length(),
          JudgeFinding.TRUNCATED_ACCEPTED);
      return;
    }
    findings.add(repeats(truth, shown) ? JudgeFinding.REPEATED_TEXT : JudgeFinding.LOST_TEXT);
  }

  /** Whether the first text that should not be there was there before. */
  private static boolean repeats(String truth, String shown) {
    int same = commonPrefix(truth, shown);
    int known = truth.indexOf(shown.substring(same, Math.min(same + MARK, shown.length())));
    return known >= 0 && known < same;
  }

  private void tools() {
    List<String> whole =
        trial.answer().tools().stream()
            .limit(trial.answer().tools().size() - (holdsBack() ? 1 : 0))
            .map(tool -> ToolText.canonical(tool.name(), tool.argumentsJson()))
            .toList();
    boolean partial =
        run.tools().stream().map(ToolText::canonical).anyMatch(call -> !whole.contains(call));
    check(partial, JudgeFinding.PARTIAL_TOOL);
    // A client may have no tools at all, but must not call half an answer complete.
    boolean none =
        run.tools().isEmpty() && trial.demand() == TrialCase.Demand.TELL && !isOddlyWritten();
    check(
        none && !whole.isEmpty() && run.end() == Run.End.CLAIMED, JudgeFinding.TRUNCATED_ACCEPTED);
    // One of two calls alone is half of the answer, with any fate of the other one.
    boolean some = !run.tools().isEmpty() && run.tools().size() < whole.size();
    check(some && !holdsBack() && run.end() == Run.End.CLAIMED, JudgeFinding.TRUNCATED_ACCEPTED);
  }

  /** Whether the calls are all there, in a shape of their own. */
  private boolean isOddlyWritten() {
    return trial.attempts().stream().flatMap(List::stream).anyMatch(Fault.Shaped.class::isInstance);
  }

  private boolean holdsBack() {
    return trial.demand() == TrialCase.Demand.HOLD_BACK;
  }

  private void requests() {
    check(received.size() > STORM, JudgeFinding.RETRY_STORM);
    check(
        trial.demand() == TrialCase.Demand.GIVE_UP && received.size() > 1,
        JudgeFinding.RETRIED_REJECTION);
    for (int i = 1; i < received.size(); i++) {
      ReceivedRequest before = received.get(i - 1);
      long pause = received.get(i).arrivedAtNanos() - before.endedAtNanos();
      long wait = waitNanos(before);
      check(wait > 0 && pause + TOLERANCE_NANOS < wait, JudgeFinding.RETRY_AFTER_IGNORED);
    }
  }

  private static long waitNanos(ReceivedRequest request) {
    long most = 0;
    for (Fault fault : request.struck()) {
      if (fault instanceof Fault.Status(int code, RetryAfterHeader wait) && wait != null) {
        // A date names whole seconds only.
        boolean date = wait.spelling() == RetryAfterHeader.Spelling.DATE;
        most = Math.max(most, wait.delay().toNanos() - (date ? 1_000_000_000L : 0));
      }
    }
    return most;
  }

  private boolean outgrew() {
    boolean measured = run.peakBytes() > 0 && healthyBytes > 0;
    return run.complaint().contains("OutOfMemory")
        || run.complaint().contains("heap out of memory")
        || (measured && run.peakBytes() > healthyBytes + EXTRA_MEMORY);
  }

  private void check(boolean wrong, JudgeFinding finding) {
    if (wrong) {
      findings.add(finding);
    }
  }

  private static int commonPrefix(String a, String b) {
    int i = 0;
    while (i < Math.min(a.length(), b.length()) && a.charAt(i) == b.charAt(i)) {
      i++;
    }
    return i;
  }
}
