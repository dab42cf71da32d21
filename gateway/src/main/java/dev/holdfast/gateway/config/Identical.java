package dev.holdfast.gateway.config;

/**
 * What a request does that equals one which is not answered yet: same key, method, path and body,
 * and the same {@code Idempotency-Key} or none.
 */
public enum Identical {
  /**
   * By the journal: a stream that is kept there is received from its start, as long as none of its
   * answer has left; without one it is another request.
   */
  AUTO,
  /** It is another request. Clients may ask the same on purpose, for several answers. */
  OFF,
  /** It receives the answer of the first from its start. */
  ATTACH,
  /** It ends the first. */
  REPLACE
}
