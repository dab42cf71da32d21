package dev.holdfast.core.frame;

/**
 * Takes one UTF-8 byte order mark off the start of a body: "The UTF-8 decode algorithm strips one
 * leading UTF-8 Byte Order Mark, if any." At byte level, and over any number of chunks.
 */
final class ByteOrderMark {
  private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private int matched;
  private boolean decided;

  /** {@return whether the body's start has been read} */
  boolean isDecided() {
    return decided;
  }

  /** Skips what may be the mark; puts it into {@code carry} once it turns out not to be. */
  void skip(ChunkWindow chunk, GrowingBytes carry) {
    while (!decided && chunk.at < chunk.end) {
      if (chunk.bytes[chunk.at] == MARK[matched]) {
        matched++;
        chunk.at++;
        decided = matched == MARK.length;
      } else {
        giveUp(carry);
      }
    }
  }

  /** Ends the search for a mark: what looked like its beginning begins the first line. */
  void giveUp(GrowingBytes carry) {
    decided = true;
    carry.append(MARK, 0, matched);
  }
}
