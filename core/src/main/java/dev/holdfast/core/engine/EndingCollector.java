package dev.holdfast.core.engine;

import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.core.stream.Waste;
import dev.holdfast.core.verdict.Usages;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** The final report of a stream: its attempts, their usage, their anomalies. */
final class EndingCollector {
  private final Usages usages = new Usages();
  private Waste waste = Waste.NONE;
  private final List<AttemptReport> reports = new ArrayList<>();

  /** A set: a provider can send any number of faulty frames, and memory is bounded. */
  private final Set<Cause> warnings = new LinkedHashSet<>();

  void attempt(Attempt attempt, String upstream, @Nullable Failure failure, long nowNanos) {
    reports.add(attempt.report(upstream, failure, nowNanos));
    usages.add(attempt.usage());
    waste = waste.plus(attempt.waste());
  }

  void warning(Cause cause) {
    warnings.add(cause);
  }

  @Nullable TokenUsage usage() {
    return usages.merged();
  }

  Ending ending(
      Verdict verdict,
      @Nullable Failure failure,
      @Nullable Cause stoppedBy,
      SortedMap<Integer, Finish> finishes,
      List<ToolCall> toolCalls,
      Delivery delivery) {
    return Ending.builder()
        .verdict(verdict)
        .failure(failure)
        .stoppedBy(stoppedBy)
        .exactness(delivery.exactness())
        .finishes(finishes)
        .toolCalls(toolCalls)
        .usage(usages.merged())
        .waste(waste)
        .attempts(reports)
        .seams(delivery.seams())
        .warnings(List.copyOf(warnings))
        .build();
  }
}
