package dev.holdfast.core.engine;

import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Waste;
import dev.holdfast.core.usage.AttemptTokens;
import dev.holdfast.core.usage.OutputTally;
import dev.holdfast.core.usage.TokenLedger;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The final report of a stream: its attempts, their tokens, their anomalies. */
final class EndingCollector {
  private final TokenLedger ledger = new TokenLedger();
  private final List<Report> reports = new ArrayList<>();

  /** A set: a provider can send any number of faulty frames, and memory is bounded. */
  private Set<Cause> warnings = Set.of();

  /** An attempt that is over, except what it wasted. */
  private record Report(int number, AttemptReport.Builder report) {}

  /**
   * {@return what counts the output of an attempt that is opened}
   *
   * @param shown the generation that a document shows; null for anything but a document
   */
  AttemptTokens opened(
      AttemptTokens.Kind kind, NextAttempt next, OutputTally output, @Nullable OutputTally shown) {
    // Token ids are not text.
    int request = next.rung() == Rung.TOKEN_IDS ? 0 : next.call().body().length();
    return ledger.opened(kind, next.upstream(), next.start(), request, output, shown);
  }

  void attempt(Attempt attempt, String upstream, @Nullable Failure failure, long nowNanos) {
    reports.add(new Report(attempt.number(), attempt.report(upstream, failure, nowNanos)));
  }

  void warning(Cause cause) {
    if (warnings.isEmpty()) {
      warnings = new LinkedHashSet<>();
    }
    warnings.add(cause);
  }

  /** {@return what all attempts cost so far} */
  TokenLedger.Account account() {
    return ledger.account();
  }

  /** {@return the report, which begins with how the stream ended and why} */
  Ending ending(Ending.Builder ending, Delivery delivery) {
    var account = ledger.account();
    var attempts = new ArrayList<AttemptReport>();
    var waste = Waste.NONE;
    for (var each : reports) {
      var wasted = account.waste().get(each.number() - 1);
      attempts.add(each.report().waste(wasted).build());
      waste = waste.plus(wasted);
    }
    return ending
        .exactness(delivery.exactness())
        .usage(account.usage())
        .waste(waste)
        .attempts(attempts)
        .seams(delivery.seams())
        .warnings(List.copyOf(warnings))
        .build();
  }
}
