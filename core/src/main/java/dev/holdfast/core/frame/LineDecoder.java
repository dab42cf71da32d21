package dev.holdfast.core.frame;

import org.jspecify.annotations.Nullable;

/**
 * Lines of JSON, as {@code application/x-ndjson} has them: each line is a frame of kind {@link
 * Frame.Kind#EVENT} and type {@code message}.
 *
 * <p>A line ends with LF; one CR before it is not part of it. Lines of only spaces, tabs and CRs
 * are skipped. A last line without LF is a frame too, flagged {@link Frame#unterminated}. A byte
 * order mark at the start is dropped. Server-sent events are other lines like any: their readers
 * refuse them.
 *
 * <p>A line, without its LF, is at most {@code maxLine} bytes long, and at most {@code maxFrame}. A
 * line wholly in the fed chunk is a view of it; only what crosses chunks is copied.
 */
public final class LineDecoder extends ChunkDecoder {
  private static final String TYPE = "message";

  private final int maxLine;

  /** The beginning of a line whose end has not arrived. */
  private final GrowingBytes carry;

  private final Frame frame = new Frame();
  private final LineScanner scanner = new LineScanner();
  private final ByteOrderMark mark = new ByteOrderMark();
  private long whole;

  /** Makes a decoder for one body. */
  public LineDecoder(FrameLimits limits) {
    maxLine = Math.min(limits.maxLine(), limits.maxFrame());
    carry = new GrowingBytes(maxLine);
  }

  @Override
  public long whole() {
    return whole;
  }

  @Override
  void shown() {
    scanner.restart(chunk.at);
  }

  @Override
  @Nullable Frame next() {
    do {
      if (!mark.isDecided()) {
        mark.skip(chunk, carry);
      }
      while (chunk.at < chunk.end) {
        int start = chunk.at;
        int end = lineFeed(start);
        if (end == chunk.end) {
          break;
        }
        chunk.at = end + 1;
        whole = chunk.position();
        Frame line = endLine(start, end);
        if (line != null) {
          return line;
        }
      }
      keepRest();
    } while (refill());
    return null;
  }

  /** {@return the index of the next LF, or the chunk's end} A CR alone ends nothing here. */
  private int lineFeed(int from) {
    int at = scanner.find(chunk.bytes, from, chunk.end);
    while (at < chunk.end && chunk.bytes[at] != '\n') {
      at = scanner.find(chunk.bytes, at + 1, chunk.end);
    }
    return at;
  }

  private @Nullable Frame endLine(int start, int end) {
    checkLine(end - start);
    if (carry.length() == 0) {
      boolean ascii = scanner.nonAsciiEnd() <= start;
      return line(chunk.bytes, start, end, ascii, false);
    }
    carry.append(chunk.bytes, start, end);
    return carriedLine(false);
  }

  private @Nullable Frame carriedLine(boolean unterminated) {
    int length = carry.length();
    carry.restart();
    return line(carry.array(), 0, length, false, unterminated);
  }

  private @Nullable Frame line(
      byte[] bytes, int from, int to, boolean ascii, boolean unterminated) {
    int end = to > from && bytes[to - 1] == '\r' ? to - 1 : to;
    if (isBlank(bytes, from, end)) {
      return null;
    }
    int invalid = ascii ? 0 : Utf8.countReplacements(bytes, from, end - from);
    return frame.set(Frame.Kind.EVENT, TYPE, "", bytes, from, end - from, invalid, unterminated);
  }

  private static boolean isBlank(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] != ' ' && bytes[i] != '\t' && bytes[i] != '\r') {
        return false;
      }
    }
    return true;
  }

  private void keepRest() {
    carry.trim();
    int rest = chunk.end - chunk.at;
    if (rest > 0) {
      checkLine(rest);
      carry.append(chunk.bytes, chunk.at, chunk.end);
      chunk.at = chunk.end;
    }
  }

  @Override
  @Nullable Frame rest() {
    if (!mark.isDecided()) {
      mark.giveUp(carry);
    }
    Frame last = carry.length() == 0 ? null : carriedLine(true);
    whole = last == null ? whole : chunk.position();
    return last;
  }

  private void checkLine(int added) {
    if ((long) carry.length() + added > maxLine) {
      throw new FrameLimitException("line: must be at most " + maxLine + " bytes, was longer");
    }
  }
}
