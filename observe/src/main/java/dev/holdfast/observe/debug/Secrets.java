package dev.holdfast.observe.debug;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** The keys of a request, which providers echo: masked in whatever is shown or kept. */
final class Secrets {
  /** Nothing to hide. */
  static final Secrets NONE = new Secrets(List.of());

  private final List<byte[]> keys;
  private final int longest;

  private Secrets(List<String> keys) {
    this.keys = keys.stream().map(key -> key.getBytes(StandardCharsets.UTF_8)).toList();
    this.longest = this.keys.stream().mapToInt(key -> key.length).max().orElse(0);
  }

  static Secrets of(DebugRequest request) {
    return new Secrets(Redaction.secrets(request));
  }

  /** {@return the length in bytes of the longest key; 0 if there is none} */
  int longest() {
    return longest;
  }

  /** Replaces each key among the bytes by as many asterisks, so that lengths stay true. */
  void mask(byte[] bytes) {
    for (byte[] key : keys) {
      for (int at = indexOf(bytes, key, 0); at >= 0; at = indexOf(bytes, key, at + key.length)) {
        java.util.Arrays.fill(bytes, at, at + key.length, (byte) '*');
      }
    }
  }

  /** {@return the text with each key masked} */
  String mask(String text) {
    if (keys.isEmpty()) {
      return text;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    byte[] masked = bytes.clone();
    mask(masked);
    return java.util.Arrays.equals(bytes, masked)
        ? text
        : new String(masked, StandardCharsets.UTF_8);
  }

  private static int indexOf(byte[] bytes, byte[] key, int from) {
    for (int at = from; at <= bytes.length - key.length; at++) {
      if (bytes[at] == key[0]
          && java.util.Arrays.equals(bytes, at, at + key.length, key, 0, key.length)) {
        return at;
      }
    }
    return -1;
  }

  /** Shows nothing. */
  @Override
  public String toString() {
    return "(hidden)";
  }
}
