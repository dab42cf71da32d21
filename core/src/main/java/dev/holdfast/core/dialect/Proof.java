package dev.holdfast.core.dialect;

/** How far an attempt has got towards its protocol's proof of completion. */
public enum Proof {
  /** Not proven; more may follow. */
  OPEN,
  /** Proven so far, but a later frame may withdraw it: only the end of the body settles it. */
  TENTATIVE,
  /** Proven; usage, the closing marker or an error may still follow. */
  PROVEN,
  /** Proven and closed: nothing more is expected, the connection need not be awaited. */
  CLOSED,
  /** The closing marker came without the proof: the answer is cut. */
  CLOSED_UNPROVEN;

  /** {@return whether the answer is complete} */
  public boolean isProven() {
    return this == PROVEN || this == CLOSED;
  }

  /** {@return whether nothing more is expected} */
  public boolean isClosed() {
    return this == CLOSED || this == CLOSED_UNPROVEN;
  }
}
