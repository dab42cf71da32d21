package dev.holdfast.testkit.sim.invariant;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.testkit.fault.Shape;
import dev.holdfast.testkit.sim.upstream.ContinuationRequest;
import dev.holdfast.testkit.sim.upstream.SimulatedAttempt;
import dev.holdfast.testkit.sim.upstream.SimulatedUpstream;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * NO-SPLICE: two generations are never joined unmarked, nor by a rung that the model lacks or the
 * caller forbids. The reported exactness is no better than the seams.
 */
public final class MarksSeams extends Invariant {
  /** A report of failure in the place of the pieces has no number after the cursor, either. */
  private static final Set<Shape> WITHOUT_PIECES =
      EnumSet.of(
          Shape.EMPTY_ANSWER, Shape.TEXT_AT_END, Shape.FAILED_FINISH, Shape.NETWORK_ERROR_FINISH);

  private final List<Seam> seams = new ArrayList<>();
  private final Set<Missing> missing = new HashSet<>();

  /** The attempt that wrote last; a seam without text after it changes no author. */
  private @Nullable SimulatedAttempt author;

  /** The attempt that may write since the last seam. */
  private @Nullable SimulatedAttempt joined;

  /** A rung that an upstream refused. */
  private record Missing(int upstream, Rung rung) {}

  public MarksSeams(SimulationState seen, List<String> violations) {
    super(seen, violations);
  }

  @Override
  public void acted(Action action, long now) {
    switch (action) {
      case Action.Deliver(StreamEvent.SeamMarked(var seam)) -> marked(seam);
      case Action.Deliver(StreamEvent.TextDelta delta) -> wrote();
      case Action.DisableRung(int upstream, var rung) -> missing.add(new Missing(upstream, rung));
      default -> {
        // Joins nothing.
      }
    }
  }

  private void wrote() {
    var open = seen.alone();
    if (open == null) {
      violate("NO-SPLICE", "text of no attempt, or of two");
    } else if (author != null && author != open && joined != open) {
      violate("NO-SPLICE", "text of attempt " + open.number + " after that of " + author.number);
    }
    author = open;
  }

  private void marked(Seam seam) {
    var open = seen.alone();
    if (open == null || open.number != seam.attempt()) {
      violate("NO-SPLICE", seam + " of an attempt that is not open");
      return;
    }
    if (author != null
        && author.upstream != open.upstream
        && !(joined != null && joined.generation == open.generation)
        && !(seam.rung() == Rung.ANCHOR
            && seen.situation.policy().failover().continueElsewhere())) {
      violate("NO-SPLICE", seam + " by another upstream");
    }
    joined = open;
    if (seam.offset() != seen.text.length()) {
      violate("NO-SPLICE", seam + ", but the text has " + seen.text.length());
    }
    if (!seams.isEmpty() && seams.getLast().attempt() >= seam.attempt()) {
      violate("NO-SPLICE", seam + " after " + seams.getLast());
    }
    var rung = seam.rung();
    boolean known = seen.upstreamOf(open).capability().rungs().contains(rung);
    // After mere reasoning a new answer joins nothing.
    if (!known && !(rung == Rung.REPLAY && seam.offset() == 0)) {
      violate("NO-SPLICE", seam + " by a rung that the model does not have");
    }
    if (missing.contains(new Missing(open.upstream, rung))) {
      violate("NO-SPLICE", seam + " by a rung that was refused");
    }
    if (!rung.isExact() && seen.situation.policy().recovery().requireExact()) {
      violate("NO-SPLICE", seam + " though an exact answer is required");
    }
    boolean structured =
        seen.situation.request().structured()
            && SimulatedUpstream.canConstrain(seen.upstreamOf(open).protocol());
    if (!rung.isExact() && structured) {
      violate("NO-SPLICE", seam + " though the output is structured");
    }
    seams.add(seam);
  }

  @Override
  public void finished(Ending ending, long now) {
    if (!ending.seams().equals(seams)) {
      violate("NO-SPLICE", "reported seams " + ending.seams() + ", marked " + seams);
    }
    boolean exact = seams.stream().allMatch(seam -> seam.rung().isExact());
    boolean honest =
        switch (ending.exactness()) {
          case UNBROKEN -> seams.isEmpty() && ending.verdict().isComplete();
          case EXACT -> exact && !seams.isEmpty() && ending.verdict().isComplete();
          case PREFIX -> exact && !ending.verdict().isComplete();
          case CONTINUED -> !exact || hasForeignReasoning() || isUnproven(ending);
        };
    if (!honest) {
      violate("NO-SPLICE", ending.exactness() + " with seams " + seams);
    }
    if (ending.exactness() == Exactness.CONTINUED
        && !isUnproven(ending)
        && seen.situation.policy().recovery().requireExact()) {
      violate("NO-SPLICE", "continued though an exact answer is required");
    }
  }

  /**
   * Whether a provider sent something else or more than the rest, and no verdict calls that an
   * answer.
   */
  private boolean isUnproven(Ending ending) {
    return !ending.verdict().isComplete()
        && seen.tries.stream()
            .anyMatch(
                made -> made.lie != null || made.again > 0 || hasSkipped(made) || isEmptied(made));
  }

  /** Whether a kept answer came back without the pieces that were to follow. */
  private static boolean isEmptied(SimulatedAttempt made) {
    return made.asked.kind() == ContinuationRequest.Kind.EVENTS && made.isShaped(WITHOUT_PIECES);
  }

  /** Whether numbers are missing since an event was passed over. */
  private boolean hasSkipped(SimulatedAttempt made) {
    return made.asked.kind() == ContinuationRequest.Kind.EVENTS
        && (made.injected == Cause.MALFORMED_FRAME || made.injected == Cause.MALFORMED_JSON)
        && seen.situation.policy().recovery().malformed() == RecoveryPolicy.Malformed.SKIP;
  }

  /** A text that begins with a later attempt than its reasoning. */
  private boolean hasForeignReasoning() {
    return !seen.reasoning.isEmpty() && !seams.isEmpty();
  }
}
