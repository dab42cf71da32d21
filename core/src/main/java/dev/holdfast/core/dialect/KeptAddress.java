package dev.holdfast.core.dialect;

/**
 * How a server spells the address of a generation that it keeps under a name. llama.cpp moved from
 * the path to the query, since a name may hold slashes. Both answer an unknown spelling with 404.
 */
public enum KeptAddress {
  /** {@code stream?conv_id=name}, today's. */
  QUERY,
  /** {@code stream/name}, that of older servers. */
  PATH
}
