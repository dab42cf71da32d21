package dev.holdfast.core.engine;

import dev.holdfast.core.continuation.RungChoice;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.seam.TextIndex;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.StreamEvent;
import java.util.ArrayList;
import java.util.List;

/** What the consumer has received. It is never withdrawn. */
final class Delivery {
  private final int partialLimit;
  private StringBuilder text = new StringBuilder();
  private TextIndex index = new TextIndex(text);
  private final List<Seam> seams = new ArrayList<>();
  private long length;
  private boolean started;
  private int firstAttempt;
  private boolean refusal;
  private boolean liveTools;
  private boolean otherChoices;
  private int reasoningAttempt;

  /** Whether a part of it may not be of the answer that it was taken for. */
  private boolean doubted;

  Delivery(RecoveryPolicy policy) {
    partialLimit = policy.partialLimit();
  }

  /** {@return whether this is the first such event; later ones belong to continuations} */
  boolean start() {
    boolean first = !started;
    started = true;
    return first;
  }

  void text(int attempt, StreamEvent.TextDelta delta) {
    commit(attempt);
    if (delta.choice() != 0) {
      otherChoices = true;
      return;
    }
    length += delta.text().length();
    if (length <= partialLimit) {
      text.append(delta.text());
    } else if (!text.isEmpty()) {
      // A driver may hold the old one: it stays as it is.
      text = new StringBuilder(0);
      index = new TextIndex(text);
    }
  }

  /**
   * {@return whether an attempt's reasoning may be handed on: only the first attempt's that
   * reasons, without any earlier output}
   */
  boolean acceptsReasoning(int attempt) {
    return reasoningAttempt == attempt
        || (reasoningAttempt == 0 && (!isCommitted() || firstAttempt == attempt));
  }

  void reasoning(int attempt, int choice) {
    commit(attempt);
    reasoningAttempt = attempt;
    otherChoices |= choice != 0;
  }

  void refusal(int attempt, int choice) {
    commit(attempt);
    refusal = true;
    otherChoices |= choice != 0;
  }

  void liveTool(int attempt) {
    commit(attempt);
    liveTools = true;
  }

  private void commit(int attempt) {
    if (firstAttempt == 0) {
      firstAttempt = attempt;
    }
  }

  void seam(Seam seam) {
    seams.add(seam);
  }

  /** {@return whether content has been handed on: from here on a retry would repeat it} */
  boolean isCommitted() {
    return firstAttempt != 0;
  }

  /** {@return UTF-16 units of choice 0 delivered so far} */
  long length() {
    return length;
  }

  /** {@return the delivered text of choice 0, as long as it is within the limit} */
  StringBuilder text() {
    return text;
  }

  /** {@return what a seam must know of that text} */
  TextIndex index() {
    return index;
  }

  List<Seam> seams() {
    return List.copyOf(seams);
  }

  RungChoice.Delivered view() {
    return new RungChoice.Delivered(
        text,
        index,
        length > partialLimit,
        reasoningAttempt != 0,
        refusal,
        liveTools,
        otherChoices);
  }

  /** A part of it cannot be shown to be of the answer that it was taken for. */
  void doubt() {
    doubted = true;
  }

  Exactness exactness() {
    if (seams.isEmpty()) {
      return Exactness.UNBROKEN;
    }
    boolean exact = !doubted && seams.stream().allMatch(this::isExact);
    return exact ? Exactness.EXACT : Exactness.CONTINUED;
  }

  /** A replayed answer has reasoning of its own; what was handed on is another generation's. */
  private boolean isExact(Seam seam) {
    boolean foreign =
        seam.rung() == Rung.REPLAY && reasoningAttempt != 0 && reasoningAttempt < seam.attempt();
    return seam.rung().isExact() && !foreign;
  }
}
