package dev.holdfast.gateway.manage;

import java.util.Locale;

/** What became of a request, apart from its status: a stream may break after its 200. */
public enum Outcome {
  /** A stream was proven complete, by its first attempt. */
  COMPLETE,
  /** A stream was proven complete, by more than one attempt. */
  RECOVERED,
  /** A stream was cut, and the client received its protocol's error. */
  TRUNCATED,
  /** A stream failed before any content. */
  FAILED,
  /** The upstream refused, and the client received its refusal. */
  REFUSED,
  /** The gateway itself refused. */
  REJECTED,
  /** The client left before the end. */
  CLIENT_GONE,
  /** The response was passed on to its end. */
  RELAYED,
  /** The response that was passed on broke, and so did the client's. */
  BROKEN;

  /** {@return its name in logs and metrics, for example {@code client_gone}} */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
