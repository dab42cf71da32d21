package dev.holdfast.client.browser;

import dev.holdfast.client.CompletionStream;
import dev.holdfast.client.Holdfast;
import dev.holdfast.core.stream.Check;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A place in a stream of a journal, as the id of an event: the stream's id, an underscore, and an
 * offset. So an {@code EventSource}, which repeats its own address, finds its stream.
 *
 * @param id of the stream
 * @param offset the place after the event; empty for the start
 */
record BrowserPosition(String id, Optional<String> offset) {
  private static final Pattern TEXT = Pattern.compile("([0-9a-fA-F]{32})(?:_(.+))?");

  /**
   * {@return the place of a last event id}
   *
   * @throws IllegalArgumentException if it is malformed
   */
  static BrowserPosition parse(String text) {
    var matcher = TEXT.matcher(text);
    Check.that(
        matcher.matches(),
        "last event id",
        "must be one that this relay gave",
        text.length() + " characters");
    return new BrowserPosition(matcher.group(1), Optional.ofNullable(matcher.group(2)));
  }

  /**
   * {@return the place after what a stream has handed out; empty for one that cannot be resumed}
   */
  static Optional<String> after(CompletionStream stream) {
    return stream.id().flatMap(id -> stream.offset().map(offset -> id + "_" + offset));
  }

  /** {@return a reader from this place on} */
  CompletionStream open(Holdfast holdfast) {
    return offset.map(after -> holdfast.resume(id, after)).orElseGet(() -> holdfast.resume(id));
  }
}
