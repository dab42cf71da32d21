package dev.holdfast.core.stream;

/** How the delivered text relates to one generation of one model. */
public enum Exactness {
  /** One attempt delivered everything. */
  UNBROKEN,
  /** Several attempts, but the delivered text is exactly one generation. */
  EXACT,
  /**
   * Several generations, joined at marked seams; also the text of one generation after the
   * reasoning of another.
   */
  CONTINUED,
  /**
   * The stream is not complete, and what was delivered is the beginning of one generation: perhaps
   * nothing, perhaps all of it without the proof.
   */
  PREFIX;

  /**
   * {@return this, as a stream with that verdict can have it: only a complete one is unbroken or
   * exact}
   */
  public Exactness under(Verdict verdict) {
    return switch (this) {
      case UNBROKEN, EXACT -> verdict.isComplete() ? this : PREFIX;
      case CONTINUED, PREFIX -> this;
    };
  }
}
