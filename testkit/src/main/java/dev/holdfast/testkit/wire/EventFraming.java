package dev.holdfast.testkit.wire;

/** How a protocol separates one event of a stream from the next. */
public enum EventFraming {
  /** Server-sent events with LF. */
  EVENTS("text/event-stream; charset=utf-8", "data: ", "\n\n"),
  /** Server-sent events with CRLF. */
  CRLF_EVENTS("text/event-stream", "data: ", "\r\n\r\n"),
  /** One JSON document a line. */
  LINES("application/x-ndjson", "", "\n"),
  /** The elements of one JSON array; the comma is at the end of the element before. */
  ARRAY("application/json; charset=UTF-8", "", "\n,\r\n");

  private final String contentType;
  private final String lead;
  private final String close;

  EventFraming(String contentType, String lead, String close) {
    this.contentType = contentType;
    this.lead = lead;
    this.close = close;
  }

  /** {@return the content type of a stream} */
  public String contentType() {
    return contentType;
  }

  /** {@return what precedes a document} */
  String lead() {
    return lead;
  }

  /** {@return what follows a document} */
  public String close() {
    return close;
  }

  /** {@return a document as an event without a name} */
  public String event(String json) {
    return lead + json + close;
  }
}
