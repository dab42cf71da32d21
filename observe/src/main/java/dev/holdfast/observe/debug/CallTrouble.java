package dev.holdfast.observe.debug;

/** Why a tool call is not whole. */
public enum CallTrouble {
  /** It is whole, or there is none. */
  NONE,
  /** The token limit ended the answer inside it. */
  TOKEN_LIMIT,
  /** Several whole calls were written as one: they share an index. */
  SHARED_INDEX,
  /** Its pieces each repeat all before them. */
  CUMULATIVE,
  /** Its arguments stop before their end. */
  CUT,
  /** Its arguments are closed, but no JSON. */
  MALFORMED
}
