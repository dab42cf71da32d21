package dev.holdfast.testkit.link;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Shape;
import dev.holdfast.testkit.wire.WireTemplates;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that reaches the client of one request, in order of time. Iterating twice gives the
 * same; large bodies are made while iterating and never held.
 */
public final class Transmission implements Iterable<LinkDelivery> {
  private final Protocol protocol;
  private final ResponseHead head;
  private final boolean closeDelimited;
  private final int sliceMax;
  private final @Nullable LinkPace pace;
  private final List<Step> steps;
  private final long startNanos;
  private final long seed;

  Transmission(
      Protocol protocol,
      ResponseHead head,
      boolean closeDelimited,
      int sliceMax,
      @Nullable LinkPace pace,
      List<Step> steps,
      long startNanos,
      long seed) {
    this.protocol = protocol;
    this.head = head;
    this.closeDelimited = closeDelimited;
    this.sliceMax = sliceMax;
    this.pace = pace;
    this.steps = steps;
    this.startNanos = startNanos;
    this.seed = seed;
  }

  /** {@return status and headers, without those of the HTTP framing} */
  public ResponseHead head() {
    return head;
  }

  /** {@return whether the body has no length, so that its end is the connection's} */
  public boolean closeDelimited() {
    return closeDelimited;
  }

  /** {@return the faults that strike, in order of the wire} */
  public List<Fault> struck() {
    var struck = new ArrayList<Fault>();
    for (Step step : steps) {
      if (step instanceof Step.Mark(Fault fault)) {
        struck.add(fault);
      }
    }
    return struck;
  }

  /**
   * {@return the whole events on the wire, in order; of damaged bytes what UTF-8 makes of them} One
   * that cannot be read any more counts as {@link WireFrame.Kind#STRUCTURE}.
   */
  public List<WireFrame> frames() {
    var frames = new ArrayList<WireFrame>();
    for (Step step : steps) {
      if (step instanceof Step.Event(var kind, byte[] bytes)) {
        frames.add(new WireFrame(kind, new String(bytes, StandardCharsets.UTF_8)));
      }
    }
    return frames;
  }

  /**
   * {@return the cause a correct client must name for this attempt, or null if it must not blame
   * anything} Presumes that silences outlast the client's clocks, and sizes its limits.
   */
  public @Nullable Cause cause() {
    boolean finished = false;
    boolean done = false;
    boolean spoken = false;
    for (Step step : steps) {
      if (step instanceof Step.Event(var kind, var bytes)) {
        finished |= kind == WireFrame.Kind.FINISH;
        done |= kind == WireFrame.Kind.DONE;
        spoken |= StepList.isOutput(new Step.Event(kind, bytes));
      } else if (step instanceof Step.Mark(Fault fault)) {
        Cause cause =
            isProven(finished, done) ? afterProof(fault, done, spoken) : before(fault, spoken);
        if (cause != null) {
          return cause;
        }
      }
    }
    return null;
  }

  private boolean isProven(boolean finished, boolean done) {
    return protocol.finishProves() ? finished : done;
  }

  /** Before any content, it is the first token that does not come. */
  private @Nullable Cause before(Fault fault, boolean spoken) {
    Cause cause = named(fault, spoken);
    return cause == Cause.PROGRESS_TIMEOUT && !spoken ? Cause.FIRST_TOKEN_TIMEOUT : cause;
  }

  /** The cause of some faults depends on whether the provider had sent content. */
  private @Nullable Cause named(Fault fault, boolean spoken) {
    if (fault instanceof Fault.Shaped(Shape shape, Position at)) {
      return shape.cause(protocol, spoken);
    }
    if (fault instanceof Fault.SecondMessageStart && !spoken) {
      return null;
    }
    boolean blames =
        switch (fault) {
          case Fault.ErrorEvent(Position at, Fault.Trouble trouble) -> isOfRequest(trouble);
          case Fault.ErrorChunk(Position at, Fault.Trouble trouble) -> isOfRequest(trouble);
          case Fault.ErrorDocument(Position at, Fault.Trouble trouble) -> isOfRequest(trouble);
          case Fault.FinishThenError(Fault.Trouble trouble) -> isOfRequest(trouble);
          default -> false;
        };
    if (blames && protocol != Protocol.OLLAMA_CHAT) {
      return spoken ? Cause.PROVIDER_ERROR : Cause.REJECTED;
    }
    return fault.cause(protocol);
  }

  private static boolean isOfRequest(Fault.Trouble trouble) {
    return trouble == Fault.Trouble.INVALID_REQUEST;
  }

  /** What is wrong once the answer is proven: only what contradicts the proof, or the marker. */
  private @Nullable Cause afterProof(Fault fault, boolean done, boolean spoken) {
    if (WireTemplates.of(protocol).isRevocable() && !done) {
      return beforeTheEnd(fault);
    }
    return switch (named(fault, spoken)) {
      case null -> null;
      case CONNECTION_LOST,
          TRUNCATED,
          MISSING_DONE,
          IDLE_TIMEOUT,
          PROGRESS_TIMEOUT,
          LIMIT_EXCEEDED ->
          done ? null : Cause.MISSING_DONE;
      // A trailer that cannot be read takes nothing from the answer.
      case MALFORMED_JSON, MALFORMED_FRAME -> null;
      case Cause other -> other;
    };
  }

  /** Where only a proper end makes the proof one, and there is no end or a too early one. */
  private @Nullable Cause beforeTheEnd(Fault fault) {
    Cause cause = fault.cause(protocol);
    boolean closes = protocol == Protocol.GEMINI_SSE;
    return cause == Cause.TRUNCATED ? (closes ? null : Cause.MISSING_DONE) : cause;
  }

  @Override
  public Iterator<LinkDelivery> iterator() {
    Iterator<LinkDelivery> whole = new StepPlayer(steps, startNanos);
    Iterator<LinkDelivery> pieces = sliceMax == 0 ? whole : new Slicer(whole, sliceMax, seed);
    return pace == null ? pieces : new Metered(pieces, pace);
  }
}
