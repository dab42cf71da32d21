package dev.holdfast.client.browser;

import dev.holdfast.core.frame.SseEncoder;
import java.nio.charset.StandardCharsets;

/**
 * One server-sent event for a page.
 *
 * @param name its type, which the data repeats as the member {@code type}
 * @param id the event's place in the answer, from 1, or in the journal; empty for one that has none
 * @param data one JSON object on one line
 */
public record BrowserEvent(String name, String id, String data) {
  /** The media type of a body of events. */
  public static final String MEDIA_TYPE = "text/event-stream";

  /**
   * A sign of life: a whole event, with a name and JSON of its own. A comment would be read wrongly
   * by readers that take each block for an event, with its blank line or without.
   */
  static final BrowserEvent PING = new BrowserEvent("ping", "", "{\"type\":\"ping\"}");

  /** {@return whether this is the one event after which nothing comes} */
  public boolean isTerminal() {
    return name.equals(BrowserEvents.DONE) || name.equals(BrowserEvents.FAILURE);
  }

  /** {@return the event as it is written, in UTF-8} */
  public byte[] bytes() {
    var encoder = new SseEncoder();
    if (!id.isEmpty()) {
      encoder.id(id);
    }
    return encoder.event(name, data).take();
  }

  /** {@return the event as it is written} */
  public String text() {
    return new String(bytes(), StandardCharsets.UTF_8);
  }
}
