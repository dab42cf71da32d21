package dev.holdfast.client;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.spi.Observation;
import dev.holdfast.core.spi.ObserverNotifier;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.core.usage.AttemptTokens;
import dev.holdfast.core.usage.OutputTally;
import dev.holdfast.core.usage.TokenLedger;
import dev.holdfast.core.verdict.BodyJudge;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A body that is read along with its consumer. Bytes pass as they come. A piece read in one go is
 * judged before it is handed out. So a marker that ends an answer without proof is withheld from
 * the consumer.
 */
final class CheckedStream extends FilterInputStream {
  private final BodyJudge judge;
  private final BodyJudge.Visitor visitor =
      new BodyJudge.Visitor() {
        @Override
        public void event(StreamEvent event, boolean counts) {
          note(event, counts);
        }

        @Override
        public void frameRead() {
          tokens.frameRead();
        }
      };

  /** A body can repeat its finish without end. */
  private static final int MAX_FINISHES = 16;

  private final ObserverNotifier watching;
  private final List<Finish.Reason> finishes = new ArrayList<>();
  private final TokenLedger ledger = new TokenLedger();
  private final AttemptTokens tokens =
      ledger.opened(AttemptTokens.Kind.ANSWER, 0, 0, 0, new OutputTally(), null);

  /** When the piece that is being judged came, for observers. */
  private long pieceNanos;

  private boolean ended;

  CheckedStream(
      InputStream body, Dialect dialect, CompletionPolicy completion, ObserverNotifier watching) {
    super(body);
    this.watching = watching;
    judge = new BodyJudge(dialect, FrameLimits.DEFAULT, completion);
    watching.opened(1, 0, System.nanoTime());
  }

  @Override
  public void close() throws IOException {
    reportEnd(new Verdict.Cancelled());
    super.close();
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    throwIfFailed();
    if (length == 0) {
      return 0;
    }
    int got = ended ? -1 : readBody(bytes, offset, length);
    if (got < 0) {
      end();
      return -1;
    }
    pieceNanos = watching.isEmpty() ? 0 : System.nanoTime();
    int good = judge(bytes, offset, got);
    if (!watching.isEmpty()) {
      watching.received(1, got, judge.frames(), pieceNanos);
      watching.settle(pieceNanos);
    }
    if (judge.failure() != null) {
      reportEnd(judge.verdict());
    }
    if (good == 0 && got > 0) {
      throwIfFailed();
    }
    return good;
  }

  /** An exception of the body's own passes unchanged; observers receive its meaning. */
  private int readBody(byte[] bytes, int offset, int length) throws IOException {
    try {
      return in.read(bytes, offset, length);
    } catch (IOException e) {
      // Not the judge's end: a read that timed out may be tried again.
      reportEnd(
          judge.isOver()
              ? judge.verdict()
              : judge.isProven()
                  ? new Verdict.Complete()
                  : new Verdict.Truncated(Cause.CONNECTION_LOST));
      throw e;
    }
  }

  /** Bytes cannot be passed over unread: the proof may be among them. */
  @Override
  public long skip(long count) throws IOException {
    var scratch = new byte[Math.clamp(count, 0, 8192)];
    long left = count;
    while (left > 0) {
      int got = read(scratch, 0, (int) Math.min(scratch.length, left));
      if (got < 0) {
        break;
      }
      left -= got;
    }
    return Math.max(0, count) - Math.max(0, left);
  }

  @Override
  public int available() throws IOException {
    return judge.failure() != null || ended ? 0 : in.available();
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  @Override
  public void mark(int limit) {
    // Not supported: a second reading would be judged twice.
  }

  @Override
  public void reset() throws IOException {
    throw new IOException("mark: not supported by a checked body");
  }

  /** {@return how many bytes may be handed out: all, or those before the frame that failed} */
  private int judge(byte[] bytes, int offset, int length) {
    int frameStart = 0;
    int from = 0;
    for (int i = 0; i < length; i++) {
      boolean lineEnds = bytes[offset + i] == '\n' || bytes[offset + i] == '\r';
      if (lineEnds || i == length - 1) {
        long before = judge.frames();
        judge.feed(ByteBuffer.wrap(bytes, offset + from, i + 1 - from), visitor);
        from = i + 1;
        if (judge.failure() != null) {
          return frameStart;
        }
        if (judge.frames() > before) {
          frameStart = from;
        }
      }
    }
    return length;
  }

  private void end() {
    if (!ended) {
      ended = true;
      pieceNanos = watching.isEmpty() ? 0 : System.nanoTime();
      judge.end(visitor);
      reportEnd(judge.verdict());
    }
    throwIfFailed();
  }

  private void note(StreamEvent event, boolean counts) {
    if (counts && !watching.isEmpty()) {
      watched(event);
    }
  }

  private void watched(StreamEvent event) {
    watching.delivered(event, pieceNanos);
    switch (event) {
      case StreamEvent.Usage(TokenUsage soFar) -> tokens.reported(soFar);
      case StreamEvent.TextDelta delta -> wrote(delta.text(), delta.text().length());
      case StreamEvent.RefusalDelta delta -> wrote(delta.text(), delta.text().length());
      case StreamEvent.ToolCallDelta delta ->
          wrote(delta.arguments(), delta.name().length() + delta.arguments().length());
      case StreamEvent.ReasoningDelta delta -> {
        tokens.reasoned(delta.text().length());
        tokens.deliveredReasoning(delta.text().length());
      }
      case StreamEvent.Finished(int choice, Finish finish) when finishes.size() < MAX_FINISHES ->
          finishes.add(finish.reason());
      default -> {} // Reported.
    }
  }

  /** All that the judge lets through is handed out. */
  private void wrote(String text, int length) {
    tokens.wroteCall(text, length);
    tokens.delivered(length);
  }

  /** Reports the end to observers; only the first call counts. */
  private void reportEnd(Verdict verdict) {
    if (watching.isEmpty()) {
      return;
    }
    long nowNanos = System.nanoTime();
    var failure = judge.failure();
    var trouble =
        failure == null ? null : Observation.FailureSummary.of(Redactor.SHAPES.failure(failure));
    watching.observed(new Observation.AttemptClosed(1, trouble), nowNanos);
    if (verdict.isComplete()) {
      tokens.whole();
    }
    var account = ledger.account();
    var usage = account.usage();
    watching.ended(
        new Observation.Ended(
            verdict,
            trouble,
            null,
            Exactness.UNBROKEN,
            List.copyOf(finishes),
            usage == null ? -1 : usage.input().orElse(-1),
            usage == null ? -1 : usage.output().orElse(-1),
            1,
            0,
            usage != null && usage.isOutputEstimated(),
            account.waste().getFirst().tokens(),
            0),
        nowNanos);
  }

  private void throwIfFailed() {
    var failure = judge.failure();
    if (failure != null) {
      throw StreamException.of(Redactor.SHAPES.failure(failure), "", List.of());
    }
  }
}
