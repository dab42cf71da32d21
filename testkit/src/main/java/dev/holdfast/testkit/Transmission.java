package dev.holdfast.testkit;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.ResponseHead;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that reaches the client of one request, in order of time. Iterating twice gives the
 * same; large bodies are made while iterating and never held.
 */
public final class Transmission implements Iterable<Delivery> {
  private final Protocol protocol;
  private final ResponseHead head;
  private final boolean closeDelimited;
  private final int sliceMax;
  private final @Nullable Pace pace;
  private final List<Step> steps;
  private final long startNanos;
  private final long seed;

  Transmission(
      Protocol protocol,
      ResponseHead head,
      boolean closeDelimited,
      int sliceMax,
      @Nullable Pace pace,
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
   * {@return the cause a correct client must name for this attempt, or null if it must not blame
   * anything} Presumes that silences outlast the client's clocks, and sizes its limits.
   */
  public @Nullable Cause cause() {
    boolean finished = false;
    boolean done = false;
    for (Step step : steps) {
      if (step instanceof Step.Event(var kind, var bytes)) {
        finished |= kind == WireFrame.Kind.FINISH;
        done |= kind == WireFrame.Kind.DONE;
      } else if (step instanceof Step.Mark(Fault fault)) {
        Cause cause = isProven(finished, done) ? afterProof(fault, done) : fault.cause(protocol);
        if (cause != null) {
          return cause;
        }
      }
    }
    return null;
  }

  private boolean isProven(boolean finished, boolean done) {
    return protocol.templates().finishProves() ? finished : done;
  }

  /** What is wrong once the answer is proven: only what contradicts the proof, or the marker. */
  private @Nullable Cause afterProof(Fault fault, boolean done) {
    return switch (fault.cause(protocol)) {
      case null -> null;
      case CONNECTION_LOST, TRUNCATED, MISSING_DONE, IDLE_TIMEOUT, PROGRESS_TIMEOUT ->
          done ? null : Cause.MISSING_DONE;
      case Cause other -> other;
    };
  }

  @Override
  public Iterator<Delivery> iterator() {
    Iterator<Delivery> whole = new StepPlayer(steps, startNanos);
    Iterator<Delivery> pieces = sliceMax == 0 ? whole : new Slicer(whole, sliceMax, seed);
    return pace == null ? pieces : new Metered(pieces, pace);
  }
}
