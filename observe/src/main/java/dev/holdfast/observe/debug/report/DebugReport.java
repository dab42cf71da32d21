package dev.holdfast.observe.debug.report;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.observe.debug.facts.Facts;
import dev.holdfast.observe.debug.rules.Diagnosis;
import dev.holdfast.observe.debug.tally.Curve;
import dev.holdfast.observe.debug.tally.StreamTimeline;
import dev.holdfast.observe.debug.wire.DebugEvent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What became of one exchange. Immutable; texts inside are untrusted. */
public final class DebugReport {
  private final Facts facts;
  private final Diagnosis diagnosis;
  private final List<DebugEvent.Timed> first;
  private final List<DebugEvent.Timed> last;
  private final long dropped;
  private final List<Curve.Point> curve;
  private final int chunksPerPoint;

  public DebugReport(Facts facts, Diagnosis diagnosis, StreamTimeline timeline, Curve curve) {
    this.facts = facts;
    this.diagnosis = diagnosis;
    this.first = timeline.first();
    this.last = timeline.last();
    this.dropped = timeline.dropped();
    this.curve = curve.points();
    this.chunksPerPoint = curve.perPoint();
  }

  /** {@return how the answer ended, or null if the exchange has not ended, or not begun} */
  public @Nullable Verdict verdict() {
    return facts.exchange().verdict();
  }

  /** {@return the named cause, or null if the answer is complete or the exchange open} */
  public @Nullable Cause cause() {
    var failure = facts.exchange().failure();
    return failure == null ? null : failure.cause();
  }

  /** {@return what was wrong, and what to change} */
  public Diagnosis diagnosis() {
    return diagnosis;
  }

  /** {@return what the diagnosis rests on} */
  public Facts facts() {
    return facts;
  }

  /** {@return the first events, at most 500} */
  public List<DebugEvent.Timed> first() {
    return first;
  }

  /** {@return the last events after the {@link #first}, at most 500} */
  public List<DebugEvent.Timed> last() {
    return last;
  }

  /** {@return how many events between the two were not kept} */
  public long dropped() {
    return dropped;
  }

  List<Curve.Point> curve() {
    return curve;
  }

  int chunksPerPoint() {
    return chunksPerPoint;
  }
}
