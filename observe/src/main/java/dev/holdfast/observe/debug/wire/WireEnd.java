package dev.holdfast.observe.debug.wire;

import java.util.Locale;

/** How the wire of an exchange ended, as the socket reported it. */
public enum WireEnd {
  /** It has not ended, or not begun. */
  OPEN,
  /** The framing of HTTP ended the body: the last chunk, or the declared length. */
  FRAMED,
  /** FIN, where only closing the connection ends the body: an end and a cut look alike. */
  FIN,
  /** FIN where more had to come: inside the head, a chunk, or a declared length. */
  EARLY_FIN,
  /** RST. */
  RESET,
  /** A clock of the debugger's ran out. */
  TIMED_OUT,
  /** The answer was proven whole, but the connection stayed open; the debugger left. */
  LINGERED,
  /** The debugger had read as much as it was allowed to. */
  LIMIT,
  /** The user ended it. */
  CANCELLED,
  /** The input is over, without information about the wire: a file, or the output of curl. */
  UNKNOWN,
  /** No connection came about. */
  NO_CONNECTION,
  /** What came is not HTTP/1. */
  NOT_HTTP;

  /** {@return whether a whole body may end like this} */
  boolean isProper() {
    return switch (this) {
      case FRAMED, FIN, UNKNOWN, LINGERED -> true;
      case OPEN, EARLY_FIN, RESET, TIMED_OUT, LIMIT, CANCELLED, NO_CONNECTION, NOT_HTTP -> false;
    };
  }

  /** {@return whether nothing more of the body can come, whole or not} */
  public boolean isOfBody() {
    return switch (this) {
      case FRAMED, FIN, UNKNOWN, EARLY_FIN, RESET, NOT_HTTP -> true;
      case OPEN, LINGERED, TIMED_OUT, LIMIT, CANCELLED, NO_CONNECTION -> false;
    };
  }

  /**
   * {@return the end of that name}
   *
   * @throws IllegalArgumentException if there is none
   */
  public static WireEnd of(String id) {
    for (WireEnd end : values()) {
      if (end.id().equals(id)) {
        return end;
      }
    }
    throw new IllegalArgumentException("how: must be the name of an end, was " + Preview.of(id));
  }

  /** {@return the name in recordings and JSON lines, for example {@code early-fin}} */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
