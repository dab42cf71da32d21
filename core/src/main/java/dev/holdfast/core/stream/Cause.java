package dev.holdfast.core.stream;

/**
 * Why an attempt or a stream did not end well. The ids are stable across library, gateway,
 * debugger, dashboard and documentation; {@code docs/causes.md} has a section for each.
 */
public enum Cause {
  /** No connection, or no response head. */
  CONNECTION_FAILED("connection-failed"),
  /** The connection was reset or broke while the body was under way. */
  CONNECTION_LOST("connection-lost"),
  /** The body ended cleanly but without the protocol's proof of completion. */
  TRUNCATED("truncated"),
  /** The proof was seen but not the closing marker. A warning, never a failure. */
  MISSING_DONE("missing-done"),
  /** Bytes that break the framing: an invalid character, a body that is no event stream. */
  MALFORMED_FRAME("malformed-frame"),
  /** A frame whose payload is not the JSON it must be. */
  MALFORMED_JSON("malformed-json"),
  /** Well-formed frames in an order or shape the protocol forbids. */
  PROTOCOL_VIOLATION("protocol-violation"),
  /** The provider reported that it failed. */
  PROVIDER_ERROR("provider-error"),
  /** No content or reasoning within the {@code firstToken} clock. */
  FIRST_TOKEN_TIMEOUT("first-token-timeout"),
  /** No byte within the {@code idle} clock. */
  IDLE_TIMEOUT("idle-timeout"),
  /** Bytes but no content or reasoning within the {@code progress} clock. */
  PROGRESS_TIMEOUT("progress-timeout"),
  /** The {@code total} clock ran out. */
  DEADLINE_EXCEEDED("deadline-exceeded"),
  /** The provider asked for fewer requests. */
  RATE_LIMITED("rate-limited"),
  /** The provider is out of capacity for now. */
  OVERLOADED("overloaded"),
  /** The request itself can never work. */
  REJECTED("rejected"),
  /** A line, frame, answer or body grew past its limit. */
  LIMIT_EXCEEDED("limit-exceeded"),
  /** A continuation did not fit the text already delivered. */
  SEAM_REFUSED("seam-refused"),
  /** No way to continue fits the model, the request and what was delivered; none was tried. */
  NO_RUNG("no-rung"),
  /** Every attempt the policy allows was spent. */
  RETRIES_EXHAUSTED("retries-exhausted"),
  /** The upstream's retry budget was empty. */
  BUDGET_EXHAUSTED("budget-exhausted"),
  /** The caller ended the stream. */
  CANCELLED("cancelled"),
  /** The durable log refused a write. */
  JOURNAL_FAILED("journal-failed");

  private final String id;

  Cause(String id) {
    this.id = id;
  }

  /** {@return the stable name, for example {@code connection-lost}} */
  public String id() {
    return id;
  }

  @Override
  public String toString() {
    return id;
  }
}
