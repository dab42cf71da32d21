package dev.holdfast.observe.debug.wire;

import java.util.Locale;

/** An anomaly of the framing, possibly harmless. */
public enum Anomaly {
  /** The body begins with a byte order mark. */
  BYTE_ORDER_MARK("a byte order mark at the start"),
  /** Lines end in CR LF. */
  CRLF("lines that end in CR LF"),
  /** The body ended without the blank line after its last event. */
  UNTERMINATED_EVENT("a last event without its blank line"),
  /** Several JSON documents in one event: a blank line is missing. */
  GLUED_EVENTS("several documents in one event"),
  /** An event equal to the one before, to the byte. */
  REPEATED_EVENT("an event equal to the one before"),
  /** A field that the SSE standard does not know. */
  UNKNOWN_FIELD("a field that SSE does not know"),
  /** Bytes that are no UTF-8. */
  INVALID_UTF8("bytes that are no UTF-8"),
  /** {@code data: data: ...}: a stream wrapped in a stream. */
  DOUBLE_PREFIX("a data prefix inside the data"),
  /** A keep-alive comment that came as data. */
  COMMENT_AS_DATA("a keep-alive comment sent as data"),
  /** Both {@code Content-Length} and {@code Transfer-Encoding}. */
  LENGTH_AND_CHUNKED("both a length and chunked encoding"),
  /** Lines of the head that end in LF alone. */
  BARE_LF_HEAD("head lines that end in LF alone"),
  /** Bytes after the end of the body. */
  TRAILING_BYTES("bytes after the end of the body"),
  /** The body is compressed, as its header declares. */
  COMPRESSED("a compressed body"),
  /** The body is compressed, and no header declares it. */
  UNDECLARED_COMPRESSION("compression that no header declares"),
  /** Events of the answer after its closing marker. */
  CONTENT_AFTER_END("content after the closing marker");

  private final String words;

  Anomaly(String words) {
    this.words = words;
  }

  /** {@return its description for display} */
  public String words() {
    return words;
  }

  /** {@return the name in JSON lines} */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
