package dev.holdfast.core.tools;

import dev.holdfast.core.stream.Cause;

/** Why a tool call is not whole. The ids are stable; {@code docs/debugging.md} gives the advice. */
public enum CutReason {
  /** A token limit ended the answer inside the call, or right after it with nothing to prove it. */
  TOKEN_LIMIT("token-limit", Cause.MALFORMED_JSON),
  /** A content filter or a refusal ended the answer inside the call. */
  FILTERED("filtered", Cause.MALFORMED_JSON),
  /** The provider paused the answer inside the call. */
  PAUSED("paused", Cause.MALFORMED_JSON),
  /** The provider reported an error or a malformed call. */
  PROVIDER_FAILED("provider-failed", Cause.MALFORMED_JSON),
  /** Neither the call's end nor a finish that ends calls came. */
  NOT_CLOSED("not-closed", Cause.MALFORMED_JSON),
  /** The arguments stop inside their JSON, though the finish is a natural one. */
  ENDS_EARLY("ends-early", Cause.MALFORMED_JSON),
  /** The arguments are not JSON at all. */
  NOT_JSON("not-json", Cause.MALFORMED_JSON),
  /** The arguments are several JSON values, as of several calls. */
  SEVERAL_VALUES("several-values", Cause.MALFORMED_JSON),
  /** Every piece of the arguments repeats those before it, and the last one is not whole. */
  CUMULATIVE("cumulative-arguments", Cause.MALFORMED_JSON),
  /** Two calls share one index, or a piece has an index of none: whose it is cannot be decided. */
  SHARED_INDEX("shared-index", Cause.PROTOCOL_VIOLATION),
  /** No fragment names the function. */
  NO_NAME("no-name", Cause.PROTOCOL_VIOLATION);

  private final String id;
  private final Cause cause;

  CutReason(String id, Cause cause) {
    this.id = id;
    this.cause = cause;
  }

  /** {@return the stable name, for example {@code token-limit}} */
  public String id() {
    return id;
  }

  /** {@return the cause of an answer that fails for this reason} */
  public Cause cause() {
    return cause;
  }

  @Override
  public String toString() {
    return id;
  }
}
