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
  CONTINUED
}
