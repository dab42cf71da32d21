package dev.holdfast.core.frame;

/** The "UTF-8 decoder" of WHATWG Encoding, step by step as the standard words it. */
final class ReferenceUtf8 {
  private ReferenceUtf8() {}

  record Decoded(String text, int replacements) {}

  static Decoded decode(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    int replacements = 0;
    int codePoint = 0;
    int seen = 0;
    int needed = 0;
    int lower = 0x80;
    int upper = 0xBF;
    for (int i = 0; i < bytes.length; i++) {
      int b = bytes[i] & 0xFF;
      if (needed == 0) {
        if (b <= 0x7F) {
          text.appendCodePoint(b);
        } else if (b >= 0xC2 && b <= 0xDF) {
          needed = 1;
          codePoint = b & 0x1F;
        } else if (b >= 0xE0 && b <= 0xEF) {
          lower = b == 0xE0 ? 0xA0 : lower;
          upper = b == 0xED ? 0x9F : upper;
          needed = 2;
          codePoint = b & 0xF;
        } else if (b >= 0xF0 && b <= 0xF4) {
          lower = b == 0xF0 ? 0x90 : lower;
          upper = b == 0xF4 ? 0x8F : upper;
          needed = 3;
          codePoint = b & 0x7;
        } else {
          text.append('\uFFFD');
          replacements++;
        }
        continue;
      }
      boolean fits = b >= lower && b <= upper;
      lower = 0x80;
      upper = 0xBF;
      if (!fits) {
        needed = 0;
        seen = 0;
        text.append('\uFFFD');
        replacements++;
        i--; // "Restore byte to ioQueue."
        continue;
      }
      codePoint = (codePoint << 6) | (b & 0x3F);
      seen++;
      if (seen == needed) {
        text.appendCodePoint(codePoint);
        needed = 0;
        seen = 0;
      }
    }
    if (needed > 0) {
      text.append('\uFFFD');
      replacements++;
    }
    return new Decoded(text.toString(), replacements);
  }
}
