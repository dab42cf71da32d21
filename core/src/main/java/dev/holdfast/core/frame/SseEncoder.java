package dev.holdfast.core.frame;

import dev.holdfast.core.stream.Check;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes server-sent events. The output decodes to the same event, with two exceptions. Line ends
 * in data, which the format cannot distinguish, become LF; lone surrogates become U+FFFD.
 *
 * <p>No argument can break out of its field: line ends in data start a new data line, elsewhere
 * they are refused. Not thread-safe.
 */
public final class SseEncoder {
  private static final String DEFAULT_TYPE = "message";

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private boolean hasId;

  /** Makes an empty encoder. */
  public SseEncoder() {}

  /**
   * Writes a block that dispatches an event.
   *
   * @param type its type; not written if it is {@code message} or empty, which mean the same
   * @throws IllegalArgumentException if {@code type} contains CR, LF or NUL
   */
  public SseEncoder event(String type, String data) {
    checkOneLine("event", type);
    if (!type.isEmpty() && !type.equals(DEFAULT_TYPE)) {
      field("event", type);
    }
    int start = 0;
    for (int i = 0; i < data.length(); i++) {
      char c = data.charAt(i);
      if (c == '\n' || c == '\r') {
        field("data", data.substring(start, i));
        boolean crLf = c == '\r' && i + 1 < data.length() && data.charAt(i + 1) == '\n';
        i += crLf ? 1 : 0;
        start = i + 1;
      }
    }
    field("data", data.substring(start));
    bytes.write('\n');
    return this;
  }

  /**
   * Writes an {@code id} line, which is in force from the next {@link #event} on.
   *
   * @throws IllegalArgumentException if {@code id} contains CR, LF or NUL
   */
  public SseEncoder id(String id) {
    checkOneLine("id", id);
    hasId = !id.isEmpty();
    field("id", id);
    return this;
  }

  /**
   * Writes a {@code retry} line.
   *
   * @throws IllegalArgumentException if {@code millis} is negative
   */
  public SseEncoder retry(long millis) {
    Check.that(millis >= 0, "retry", "must not be negative", millis);
    field("retry", Long.toString(millis));
    return this;
  }

  /**
   * Writes a comment line, the text directly after the colon.
   *
   * @throws IllegalArgumentException if {@code text} contains CR, LF or NUL
   */
  public SseEncoder comment(String text) {
    checkOneLine("comment", text);
    bytes.write(':');
    text(text);
    bytes.write('\n');
    return this;
  }

  /**
   * Writes a sign of life: a comment line, and a blank line after it for readers that only split at
   * blank lines. While an id is in force the blank line is left out: openai-python takes it for the
   * end of an event without data, and raises.
   *
   * @throws IllegalArgumentException if {@code text} contains CR, LF or NUL
   */
  public SseEncoder keepAlive(String text) {
    comment(text);
    return hasId ? this : blank();
  }

  /** Writes an empty line. After comments alone it ends a block that dispatches nothing. */
  public SseEncoder blank() {
    bytes.write('\n');
    return this;
  }

  /** {@return what was written since the last call, in UTF-8} */
  public byte[] take() {
    byte[] taken = bytes.toByteArray();
    bytes.reset();
    return taken;
  }

  private void field(String name, String value) {
    text(name);
    bytes.write(':');
    // The reader removes one space, so one is always written: a value may begin with its own.
    bytes.write(' ');
    text(value);
    bytes.write('\n');
  }

  private void text(String text) {
    bytes.writeBytes(wellFormed(text).getBytes(StandardCharsets.UTF_8));
  }

  /** {@return the text with lone surrogates replaced; the JDK would write question marks} */
  private static String wellFormed(String text) {
    @Nullable StringBuilder copy = null;
    for (int i = 0; i < text.length(); i++) {
      if (!Character.isSurrogate(text.charAt(i))) {
        continue;
      }
      int character = text.codePointAt(i);
      if (Character.isSupplementaryCodePoint(character)) {
        i++;
      } else {
        copy = copy == null ? new StringBuilder(text) : copy;
        copy.setCharAt(i, '\uFFFD');
      }
    }
    return copy == null ? text : copy.toString();
  }

  /** The message omits the value: it may be private text. */
  private static void checkOneLine(String name, String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '\r' || c == '\n' || c == 0) {
        throw new IllegalArgumentException(
            "%s: must not contain CR, LF or NUL, was U+%04X at index %d"
                .formatted(name, (int) c, i));
      }
    }
  }
}
