package dev.holdfast.core.frame;

import org.jspecify.annotations.Nullable;

/**
 * Server-sent events, exactly as in WHATWG HTML 9.2.5 and 9.2.6. Frames of kind {@link
 * Frame.Kind#EVENT} that are not {@link Frame#unterminated} are exactly the standard's events.
 * Everything else is for readers of LLM streams, which need what the standard drops:
 *
 * <ul>
 *   <li>comments and unknown fields, at their line's end. An unknown field's data is the whole
 *       line, so that a bare JSON or HTML line is not lost. Its type is the first 128 bytes of the
 *       name.
 *   <li>at the end of the body, what was pending, flagged. An unterminated line counts as ended if
 *       it is a comment, an unknown field, or data with at least one byte of value. Half an event,
 *       id or retry field is dropped, since half a name is a wrong name. Then the pending event, if
 *       it has data.
 * </ul>
 *
 * <p>A line of data wholly in the fed chunk is a view of it, if an accessible array backs the
 * chunk. Only what crosses chunks is copied. Framing makes no garbage per frame, except for an id
 * or type not seen lately. Time is linear in the input for any chunking.
 */
public final class SseDecoder extends ChunkDecoder {
  private static final String DEFAULT_TYPE = "message";

  private final int maxLine;

  /** The beginning of a line whose end has not arrived. */
  private final GrowingBytes carry;

  private final PendingData data;
  private final EventLine eventLine = new EventLine();
  private final NameCache types = new NameCache();
  private final NameCache ids = new NameCache();
  private final Frame frame = new Frame();

  private final LineScanner scanner = new LineScanner();
  private final ByteOrderMark mark = new ByteOrderMark();
  private boolean carryIsAscii = true;
  private boolean skipsLf;

  /** Whether a block has begun that no blank line has ended. */
  private boolean inBlock;

  private long whole;
  private String type = "";
  private String idBuffer = "";
  private String lastEventId = "";
  private long retryMillis = -1;

  /** Makes a decoder for one body. */
  public SseDecoder(FrameLimits limits) {
    maxLine = limits.maxLine();
    carry = new GrowingBytes(maxLine);
    data = new PendingData(limits.maxFrame());
  }

  /**
   * Carries the last event id over from an earlier connection, as browsers do.
   *
   * @return this decoder
   * @throws IllegalStateException after the first {@link #feed}
   */
  public SseDecoder startingAt(String id) {
    if (isFed()) {
      throw new IllegalStateException("startingAt: must come before the first feed");
    }
    idBuffer = id;
    lastEventId = id;
    return this;
  }

  /** {@return the id that a reconnect would send: of the last dispatched block; may be empty} */
  public String lastEventId() {
    return lastEventId;
  }

  /**
   * {@return the last valid {@code retry} field in milliseconds, -1 if none; a number too large for
   * a long is {@link Long#MAX_VALUE}}
   */
  public long retryMillis() {
    return retryMillis;
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
        carryIsAscii = carry.length() == 0;
      }
      byte[] bytes = chunk.bytes;
      int limit = chunk.end;
      while (chunk.at < limit) {
        int start = chunk.at;
        if (skipsKnownBytes(bytes, start, limit)) {
          continue;
        }
        int end = scanner.find(bytes, start, limit);
        boolean ascii = scanner.nonAsciiEnd() <= start;
        if (end == limit) {
          carryIsAscii &= ascii;
          break;
        }
        Frame complete =
            isWholeEvent(bytes, start, end)
                ? wholeEvent(bytes, start, end, ascii)
                : endLine(end, ascii);
        if (complete != null) {
          return complete;
        }
      }
      keepRest();
    } while (refill());
    return null;
  }

  /** Steps over the LF of a CRLF, or over the same event line as last time. */
  private boolean skipsKnownBytes(byte[] bytes, int start, int limit) {
    byte first = bytes[start];
    if (skipsLf) {
      skipsLf = false;
      if (first == '\n') {
        chunk.at = start + 1;
        settle();
        return true;
      }
    }
    if (first == 'e' && eventLine.isAt(bytes, start, limit) && carry.length() == 0) {
      type = eventLine.type();
      inBlock = true;
      chunk.at = start + eventLine.length();
      return true;
    }
    return false;
  }

  /** Keeps what the next chunk needs and this one holds. */
  private void keepRest() {
    data.keep(carry);
    carry.trim();
    int rest = chunk.end - chunk.at;
    if (rest > 0) {
      checkLine(rest);
      carry.append(chunk.bytes, chunk.at, chunk.end);
      chunk.at = chunk.end;
    }
  }

  /** {@return whether this line is all the data of an event that ends directly after it} */
  private boolean isWholeEvent(byte[] bytes, int start, int end) {
    return end - start > 5
        && SseField.startsWithData(bytes, start)
        && end + 1 < chunk.end
        && bytes[end] == '\n'
        && bytes[end + 1] == '\n'
        && carry.length() == 0
        && !data.isPresent();
  }

  /** The usual case in one step: nothing is kept, so nothing need be forgotten. */
  private Frame wholeEvent(byte[] bytes, int start, int end, boolean ascii) {
    checkLine(end - start);
    int value = bytes[start + 5] == ' ' ? start + 6 : start + 5;
    data.checkLength(end - value);
    chunk.at = end + 2;
    inBlock = false;
    whole = chunk.position();
    lastEventId = idBuffer;
    String shownType = DEFAULT_TYPE;
    if (!type.isEmpty()) {
      shownType = type;
      type = "";
    }
    int invalid = ascii ? 0 : Utf8.countReplacements(bytes, value, end - value);
    return frame.set(
        Frame.Kind.EVENT, shownType, idBuffer, bytes, value, end - value, invalid, false);
  }

  private @Nullable Frame endLine(int end, boolean ascii) {
    byte[] bytes = chunk.bytes;
    int start = chunk.at;
    checkLine(end - start);
    chunk.at = end + 1;
    // A CR ends the line at once; whether an LF follows is not known yet.
    skipsLf = bytes[end] == '\r';
    if (carry.length() == 0) {
      return start == end ? dispatch() : line(bytes, start, end, ascii, false);
    }
    carry.append(bytes, start, end);
    return carriedLine(ascii, false);
  }

  private @Nullable Frame carriedLine(boolean ascii, boolean unterminated) {
    boolean whollyAscii = ascii && carryIsAscii;
    int length = carry.length();
    carry.restart();
    carryIsAscii = true;
    return line(carry.array(), 0, length, whollyAscii, unterminated);
  }

  private @Nullable Frame line(
      byte[] line, int start, int end, boolean ascii, boolean unterminated) {
    SseField field = SseField.of(line, start, end);
    if (field == SseField.COMMENT) {
      settle();
    } else {
      inBlock = true;
    }
    switch (field) {
      case DATA -> {
        int value = field.valueStart(line, start, end);
        if (!unterminated || value < end) {
          data.add(line, value, end, ascii);
        }
      }
      case EVENT -> {
        if (!unterminated) {
          type = types.name(line, field.valueStart(line, start, end), end);
          eventLine.remember(line, start, end, type);
        }
      }
      case ID -> {
        int value = field.valueStart(line, start, end);
        if (!unterminated && !SseField.containsNul(line, value, end)) {
          idBuffer = ids.name(line, value, end);
        }
      }
      case RETRY -> {
        if (!unterminated) {
          long millis = SseField.retryMillis(line, field.valueStart(line, start, end), end);
          retryMillis = millis < 0 ? retryMillis : millis;
        }
      }
      case COMMENT -> {
        return show(Frame.Kind.COMMENT, "", line, start + 1, end, ascii, unterminated);
      }
      case UNKNOWN -> {
        String name = types.name(line, start, SseField.nameEnd(line, start, end));
        return show(Frame.Kind.UNKNOWN_FIELD, name, line, start, end, ascii, unterminated);
      }
    }
    return null;
  }

  /** Counts what was read, unless a block is open. */
  private void settle() {
    if (!inBlock) {
      whole = chunk.position();
    }
  }

  private @Nullable Frame dispatch() {
    lastEventId = idBuffer;
    inBlock = false;
    settle();
    Frame complete = null;
    if (data.isPresent()) {
      complete = event(false);
      data.reset();
    }
    type = "";
    return complete;
  }

  /** What remained at the body's end: first its last line, then its last event. */
  @Override
  @Nullable Frame rest() {
    if (!mark.isDecided()) {
      mark.giveUp(carry);
      carryIsAscii = false;
    }
    if (carry.length() > 0) {
      Frame last = carriedLine(true, true);
      whole = last == null ? whole : chunk.position();
      if (last != null) {
        return last;
      }
    }
    if (data.isPresent()) {
      Frame pending = event(true);
      data.reset();
      whole = chunk.position();
      return pending;
    }
    return null;
  }

  private Frame event(boolean unterminated) {
    return frame.set(
        Frame.Kind.EVENT,
        type.isEmpty() ? DEFAULT_TYPE : type,
        idBuffer,
        data.array(),
        data.offset(),
        data.length(),
        data.invalid(),
        unterminated);
  }

  private Frame show(
      Frame.Kind kind,
      String name,
      byte[] bytes,
      int start,
      int end,
      boolean ascii,
      boolean unterminated) {
    int length = end - start;
    int invalid = ascii ? 0 : Utf8.countReplacements(bytes, start, length);
    return frame.set(kind, name, lastEventId, bytes, start, length, invalid, unterminated);
  }

  private void checkLine(int added) {
    if ((long) carry.length() + added > maxLine) {
      throw new FrameLimitException("sse line: must be at most " + maxLine + " bytes, was longer");
    }
  }
}
