package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.TokenUsage;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The state of one HTTP exchange: its decoders and what it has brought. */
final class Attempt {
  final NextAttempt plan;
  final FrameDecoder decoder;
  final DialectReader reader;
  final HeldToolCalls toolCalls = new HeldToolCalls();
  final SortedMap<Integer, Finish> finishes = new TreeMap<>();
  private final long startNanos;
  private long firstTokenNanos = -1;
  private int httpStatus;
  private long bytes;
  private long events;
  @Nullable TokenUsage usage;

  /** Whether it delivered anything new to the consumer. */
  boolean fruitful;

  /** Whether it has been given up; what its decoder still holds is void. */
  boolean over;

  Attempt(NextAttempt plan, FrameDecoder decoder, DialectReader reader, long nowNanos) {
    this.plan = plan;
    this.decoder = decoder;
    this.reader = reader;
    this.startNanos = nowNanos;
  }

  int number() {
    return plan.number();
  }

  @Nullable Rung rung() {
    return plan.rung();
  }

  /**
   * {@return whether the answer is complete} A reader knows only the choices that it saw; without a
   * closing marker more may follow.
   *
   * @param choices how many were asked for
   */
  boolean isProven(int choices) {
    var proof = reader.proof();
    return proof.isProven() && (proof.isClosed() || finishes.size() >= choices);
  }

  void answered(int status) {
    httpStatus = status;
  }

  void received(int count) {
    bytes += count;
  }

  /** {@return whether it is the first} */
  boolean sawContent(long nowNanos) {
    events++;
    boolean first = !hasContent();
    if (first) {
      firstTokenNanos = nowNanos;
    }
    return first;
  }

  boolean hasContent() {
    return firstTokenNanos >= 0;
  }

  AttemptReport report(@Nullable Failure failure, long nowNanos) {
    return new AttemptReport(
        number(),
        rung(),
        startNanos,
        firstTokenNanos,
        nowNanos,
        httpStatus,
        bytes,
        events,
        failure);
  }
}
