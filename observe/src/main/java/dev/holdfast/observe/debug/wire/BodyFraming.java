package dev.holdfast.observe.debug.wire;

import java.util.Locale;

/** What marks the end of a response body. */
public enum BodyFraming {
  /** There is no response yet. */
  NONE,
  /** {@code Transfer-Encoding: chunked}. */
  CHUNKED,
  /** {@code Content-Length}. */
  LENGTH,
  /** The connection closes. */
  CLOSE,
  /** The input is a body that another tool has taken out of its framing. */
  REMOVED;

  /** {@return the name in JSON lines} */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
