package dev.holdfast.core.verdict;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.DocumentDialect;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimitException;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.SseDecoder;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.provider.detect.DialectDetector;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.core.tools.AssembledCall;
import dev.holdfast.core.tools.ToolCallAssembler;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads one response body and gives the verdict that a stream of one attempt would have on it.
 * Every view of a body that is not driven by the {@code StreamMachine} uses this class. The first
 * failure decides, and the first proof that is closed; what comes later is read and does not count.
 *
 * <p>Feed all bytes, then call {@link #end} or {@link #broken} once. Not thread-safe. Holds the
 * arguments of tool calls, which the dialects bound, and no text.
 */
public final class BodyJudge {
  /** Receives the events of a body, in order. */
  public interface Visitor {
    /** A frame was framed; valid during the call. Its events follow. */
    default void frame(Frame frame) {}

    /**
     * A frame, or the end of the body, meant something.
     *
     * @param counts whether the verdict was still open: a consumer of the stream would have had it
     */
    void event(StreamEvent event, boolean counts);

    /** All events of a frame were handed on. */
    default void frameRead() {}
  }

  private final ToolCallAssembler toolCalls = new ToolCallAssembler();
  private final SortedMap<Integer, Finish> finishes = new TreeMap<>();
  private final Map<Cause, StreamEvent.Warned> warnings = new EnumMap<>(Cause.class);
  private final List<StreamEvent.Warned> ordered = new ArrayList<>();
  private final DocumentSniffer sniffer = new DocumentSniffer();
  private final FrameLimits limits;
  private final CompletionPolicy completion;
  private final Dialect dialect;
  private FrameDecoder decoder;
  private DialectReader reader;
  private @Nullable UnrecognisedPrefix opening;
  private @Nullable Failure failure;
  private List<ToolCall> whole = List.of();
  private String limit = "";
  private long frames;
  private boolean document;
  private boolean over;

  /**
   * A judge of a body in a protocol that is known.
   *
   * @param completion what counts as proof
   */
  public BodyJudge(Dialect dialect, FrameLimits limits, CompletionPolicy completion) {
    this(dialect, new UnrecognisedPrefix(dialect.id()), limits, completion);
  }

  private BodyJudge(
      Dialect dialect,
      UnrecognisedPrefix opening,
      FrameLimits limits,
      CompletionPolicy completion) {
    this.dialect = dialect;
    this.opening = opening;
    this.limits = limits;
    this.completion = completion;
    this.decoder = dialect.newDecoder(limits);
    this.reader = dialect.newReader(completion);
  }

  /** {@return a judge of a body whose protocol was found out, by the strict rules of proof} */
  public static BodyJudge of(DialectDetector.Detection found) {
    boolean unknown = found.dialect().equals(DialectDetector.UNKNOWN);
    // Errors, signs of life and damage look alike nearly everywhere.
    var dialect = Dialects.byId(unknown ? "openai-chat" : found.dialect());
    return new BodyJudge(
        dialect,
        unknown ? new UnrecognisedPrefix(found) : new UnrecognisedPrefix(dialect.id()),
        FrameLimits.DEFAULT,
        CompletionPolicy.STRICT);
  }

  /** Takes the response's media type, before the first byte. */
  public void mediaType(String mediaType) {
    if (opening != null) {
      opening.mediaType(mediaType);
    }
  }

  // ---------------------------------------------------------------- the body

  /** Reads all remaining bytes. After a limit was exceeded, bytes are ignored. */
  public void feed(ByteBuffer bytes, Visitor visitor) {
    if (!limit.isEmpty()) {
      return;
    }
    if (opening != null && !over) {
      opening.add(bytes);
    }
    if (sniffer.begins(bytes)
        && decoder instanceof SseDecoder
        && dialect instanceof DocumentDialect documents) {
      document = true;
      decoder = documents.whole().newDecoder(limits);
      reader = documents.whole().newReader(completion);
    }
    try {
      decoder.feed(bytes);
      drain(visitor);
    } catch (FrameLimitException e) {
      exceeded(e);
    }
  }

  /** The body has ended as a body may end. */
  public void end(Visitor visitor) {
    if (opening != null) {
      opening.end();
    }
    if (limit.isEmpty()) {
      try {
        decoder.endOfInput();
        drain(visitor);
      } catch (FrameLimitException e) {
        exceeded(e);
      }
    }
    var rest = new ArrayList<StreamEvent>();
    var proof = reader.end(rest::add);
    for (var event : rest) {
      if (VerdictRules.countsAtEnd(proof, event) && !over) {
        take(event, visitor);
      } else {
        if (!over || failure != null) {
          toolCalls.accept(event); // It shows how far a call got, and is ignored otherwise.
        }
        visitor.event(event, false);
      }
    }
    if (over) {
      return;
    }
    if (isProven()) {
      complete();
    } else {
      fail(VerdictRules.endedUnproven(proof));
    }
  }

  /**
   * The body did not end: its connection broke, or reading stopped. A proven answer stays proven.
   */
  public void broken(Failure wire, Visitor visitor) {
    if (!over) {
      lost(wire);
    }
    if (limit.isEmpty()) {
      try {
        decoder.endOfInput();
        drain(visitor);
      } catch (FrameLimitException e) {
        exceeded(e);
      }
    }
  }

  private void drain(Visitor visitor) {
    for (var frame = decoder.poll(); frame != null; frame = decoder.poll()) {
      frames++;
      if (opening != null) {
        opening.frame(frame, decoder instanceof SseDecoder);
      }
      visitor.frame(frame);
      reader.read(frame, event -> take(event, visitor));
      visitor.frameRead();
      if (!over) {
        settle();
      }
    }
  }

  private void settle() {
    switch (reader.proof()) {
      case OPEN, TENTATIVE, PROVEN -> {}
      case CLOSED -> complete();
      case CLOSED_UNPROVEN -> fail(VerdictRules.closedUnproven());
    }
  }

  private void take(StreamEvent event, Visitor visitor) {
    boolean counts = !over;
    if (counts) {
      weigh(event);
    } else if (failure == null && event instanceof StreamEvent.ErrorReported(Failure late)) {
      warn(
          new StreamEvent.Warned(
              late.cause(), "an error was reported after the answer was complete"));
    }
    visitor.event(event, counts);
  }

  private void weigh(StreamEvent event) {
    toolCalls.accept(event);
    if (event.isContent()) {
      opening = null;
    }
    switch (event) {
      case StreamEvent.ToolCallDelta delta -> {}
      case StreamEvent.ToolCallMarked mark -> {}
      case StreamEvent.ToolCallSigned signed -> {}
      case StreamEvent.Finished(int choice, Finish finish) ->
          finishes.merge(choice, finish, Finish::last);
      case StreamEvent.ErrorReported(Failure reported) -> fail(reported);
      case StreamEvent.FrameRejected(Failure rejection) -> {
        if (isProven()) {
          warn(VerdictRules.harmless(rejection));
        } else {
          fail(rejection);
        }
      }
      case StreamEvent.Warned warned -> warn(warned);
      case StreamEvent.Started started -> {}
      case StreamEvent.TextDelta text -> {}
      case StreamEvent.ReasoningDelta reasoning -> {}
      case StreamEvent.RefusalDelta refusal -> {}
      case StreamEvent.Usage usage -> {}
      case StreamEvent.DoneMarker marker -> {}
      case StreamEvent.Heartbeat heartbeat -> {}
      case StreamEvent.Opaque opaque -> {}
      case StreamEvent.ToolCallReady ready -> {}
      case StreamEvent.AttemptFailed failed -> {}
      case StreamEvent.Retrying retrying -> {}
      case StreamEvent.SeamMarked marked -> {}
    }
  }

  private void exceeded(FrameLimitException e) {
    var failure = VerdictRules.tooLarge(e);
    limit = failure.detail();
    if (!over) {
      lost(failure);
    }
  }

  private void lost(Failure why) {
    if (isProven()) {
      complete();
    } else {
      fail(why);
    }
  }

  private void complete() {
    var proven = new VerdictRules.Proven(toolCalls, finishes, null, reader.proof(), document);
    var completed = VerdictRules.completion(proven, 1);
    if (completed.failure() != null) {
      fail(completed.failure());
      return;
    }
    completed.warnings().forEach(this::warn);
    whole = completed.toolCalls();
    over = true;
  }

  private void fail(Failure why) {
    failure = opening == null ? why : opening.explain(why);
    over = true;
  }

  /** The first of each cause: a body can repeat itself without end. */
  private void warn(StreamEvent.Warned warned) {
    if (warnings.putIfAbsent(warned.cause(), warned) == null) {
      ordered.add(warned);
    }
  }

  // ---------------------------------------------------------------- the verdict

  /** {@return whether the verdict is decided: nothing that still comes can change it} */
  public boolean isOver() {
    return over;
  }

  /** {@return whether the protocol's proof was seen; an error may still follow} */
  public boolean isProven() {
    return VerdictRules.isProven(reader.proof(), finishes.size(), 1);
  }

  /** {@return how far the protocol's proof got, with everything that was read} */
  public Proof proof() {
    return reader.proof();
  }

  /**
   * {@return the verdict}
   *
   * @throws IllegalStateException if it is not decided yet
   */
  public Verdict verdict() {
    if (!over) {
      throw new IllegalStateException("verdict: must be decided, was open");
    }
    return failure == null ? new Verdict.Complete() : Verdict.of(failure.cause());
  }

  /** {@return why the answer is not complete; null if it is, or nothing is decided yet} */
  public @Nullable Failure failure() {
    return failure;
  }

  /** {@return the finish of each choice, while the verdict was open} */
  public SortedMap<Integer, Finish> finishes() {
    return Collections.unmodifiableSortedMap(finishes);
  }

  /** {@return the calls of a complete answer that may be made; of any other answer none} */
  public List<ToolCall> toolCalls() {
    return whole;
  }

  /**
   * {@return every tool call of the body as far as it came, and whether it is whole} The whole ones
   * of an incomplete answer are for diagnostics only; never execute them.
   */
  public List<AssembledCall> calls() {
    return toolCalls.calls();
  }

  /** {@return harmless anomalies: the first of each cause, in order} */
  public List<StreamEvent.Warned> warnings() {
    return List.copyOf(ordered);
  }

  /** {@return which limit was exceeded and ended reading; empty if none was} */
  public String limit() {
    return limit;
  }

  /** {@return how many frames were read} */
  public long frames() {
    return frames;
  }

  /** {@return whether the body is one document where a stream of events was expected} */
  public boolean isDocument() {
    return document;
  }
}
