package dev.holdfast.observe.debug.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The first characters of something that may be long. Untrusted text: escape it for its
 * destination.
 */
public final class Preview {
  private static final int MAX = 160;

  private Preview() {}

  /** {@return at most 160 characters of the bytes as UTF-8; the rest is not touched} */
  public static String of(byte[] bytes, int offset, int length) {
    // A character cut at the end would show as damage that is not there.
    int end = Math.min(length, MAX);
    while (end < length && end > MAX - 4 && (bytes[offset + end] & 0xc0) == 0x80) {
      end--;
    }
    var text = new String(bytes, offset, end, StandardCharsets.UTF_8);
    return end < length ? text + "..." : text;
  }

  static String of(ByteBuffer bytes) {
    byte[] start = new byte[Math.min(bytes.remaining(), MAX + 4)];
    bytes.get(bytes.position(), start);
    return of(start, 0, start.length);
  }

  /** {@return at most 160 UTF-16 units of a text, which end between two characters} */
  public static String of(String text) {
    if (text.length() <= MAX) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(MAX - 1)) ? MAX - 1 : MAX;
    return text.substring(0, end) + "...";
  }
}
