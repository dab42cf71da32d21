package dev.holdfast.testkit.judge;

import java.util.Set;

/**
 * The judge's ruling on one case.
 *
 * @param trial the case
 * @param run how the client went about it
 * @param findings what was wrong; empty if nothing was
 */
public record Ruling(TrialCase trial, Run run, Set<JudgeFinding> findings) {
  /** {@return whether nothing was wrong} */
  public boolean passed() {
    return findings.isEmpty();
  }

  /** {@return whether the whole answer came by another request after a fault had struck} */
  public boolean recovered() {
    return passed() && run.end() == Run.End.CLAIMED && run.requests() > 1 && run.struck();
  }

  /** {@return one line on what the client did} */
  public String story() {
    int whole = trial.answer().text().length();
    int shown = run.text().length();
    String showed =
        shown == whole
            ? "all " + whole + " characters"
            : shown < whole
                ? shown + " of " + whole + " characters"
                : shown + " characters of an answer of " + whole;
    int calls = trial.answer().tools().size();
    if (calls > 0 || !run.tools().isEmpty()) {
      showed += ", handed over %d of %d tool calls".formatted(run.tools().size(), calls);
    }
    String end =
        switch (run.end()) {
          case CLAIMED -> "claimed a complete answer";
          case FAILED -> "failed" + (run.complaint().isEmpty() ? "" : ": " + run.complaint());
          case CANCELLED ->
              run.closedInTime()
                  ? "cancelled, connection closed"
                  : "cancelled, connection left open";
          case HUNG -> "had to be ended after %.0f s".formatted(run.elapsedNanos() / 1e9);
        };
    if (run.peakBytes() > 0 && findings.contains(JudgeFinding.MEMORY)) {
      end += " with %,d MiB".formatted(run.peakBytes() >> 20);
    }
    int requests = run.requests();
    return "%s; showed %s; %d request%s".formatted(end, showed, requests, requests == 1 ? "" : "s");
  }
}
