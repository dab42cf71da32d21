package dev.holdfast.observe.debug.wire;

import java.util.Locale;

/** Why no connection came about. */
public enum ConnectTrouble {
  /** One came about. */
  NONE,
  /** The name does not resolve. */
  UNRESOLVED,
  /** No process listens there. */
  REFUSED,
  /** No way leads there. */
  UNREACHABLE,
  /** No answer came within the {@code connect} clock. */
  TIMEOUT,
  /** The certificate is not trusted, or is for another host. */
  CERTIFICATE,
  /** The other side answered, but not in TLS. */
  NOT_TLS,
  /** TLS was spoken, but the other side takes no HTTP/1.1 over it (ALPN). */
  HTTP2_ONLY,
  /** The TLS handshake failed otherwise. */
  HANDSHAKE;

  /**
   * {@return the trouble of that name}
   *
   * @throws IllegalArgumentException if there is none
   */
  public static ConnectTrouble of(String id) {
    for (ConnectTrouble trouble : values()) {
      if (trouble.id().equals(id)) {
        return trouble;
      }
    }
    throw new IllegalArgumentException("trouble: must be a known name, was " + Preview.of(id));
  }

  /** {@return the name in recordings and JSON lines} */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
