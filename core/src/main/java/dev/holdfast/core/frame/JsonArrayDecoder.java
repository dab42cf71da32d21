package dev.holdfast.core.frame;

import org.jspecify.annotations.Nullable;

/**
 * One JSON array of objects, written over time. Each object is a frame of kind {@link
 * Frame.Kind#EVENT} and type {@code message} as soon as its last bracket is there. The decoder
 * knows only strings and brackets of JSON: the reader parses the rest.
 *
 * <p>Brackets and commas between the objects, and spaces, are no frames, with two exceptions of
 * kind {@link Frame.Kind#UNKNOWN_FIELD}. The bracket that closes the array has type {@code ]}. A
 * comma at the body's end has type {@code ,} and is flagged {@link Frame#unterminated}, since an
 * object was to follow. An object alone is read like one in an array. An object that the body ends
 * in is a frame, flagged.
 *
 * <p>Anything else between objects means that the body is no such array. The rest of that line, of
 * which 128 bytes are kept, is the last frame; what follows is dropped.
 *
 * <p>An object is at most {@code maxFrame} bytes long; lines have no limit of their own. A frame
 * wholly in the fed chunk is a view of it; only what crosses chunks is copied.
 */
public final class JsonArrayDecoder extends ChunkDecoder {
  private static final String TYPE = "message";
  private static final int MAX_STRAY = 128;
  private static final byte[] CLOSED = {']'};
  private static final byte[] COMMA = {','};

  /** The place of the next byte in the body. */
  private enum Place {
    BETWEEN,
    OBJECT,
    STRAY,
    LOST
  }

  private final int maxFrame;

  /** The beginning of an object whose end has not arrived. */
  private final GrowingBytes carry;

  private final Frame frame = new Frame();
  private final ByteOrderMark mark = new ByteOrderMark();
  private long whole;
  private Place place = Place.BETWEEN;

  /** Where in the chunk the part of the current object begins. */
  private int start;

  private long arrays;
  private boolean afterComma;
  private int depth;
  private boolean inString;
  private boolean escaped;

  /** Makes a decoder for one body. */
  public JsonArrayDecoder(FrameLimits limits) {
    maxFrame = limits.maxFrame();
    carry = new GrowingBytes(maxFrame);
  }

  @Override
  public long whole() {
    return whole;
  }

  @Override
  void shown() {
    start = chunk.at;
  }

  @Override
  @Nullable Frame next() {
    do {
      if (!mark.isDecided()) {
        mark.skip(chunk, carry);
        start = chunk.at;
        place = carry.length() == 0 ? place : Place.STRAY;
      }
      while (chunk.at < chunk.end) {
        Frame complete =
            switch (place) {
              case BETWEEN -> between();
              case OBJECT -> object();
              case STRAY -> stray();
              case LOST -> skip();
            };
        if (complete != null) {
          return complete;
        }
      }
      keepRest();
    } while (refill());
    return null;
  }

  private @Nullable Frame between() {
    start = chunk.at;
    switch (chunk.bytes[chunk.at]) {
      case ' ', '\t', '\r', '\n' -> chunk.at++;
      case ',' -> {
        afterComma = true;
        chunk.at++;
      }
      case '[' -> {
        arrays++;
        chunk.at++;
      }
      case ']' -> {
        chunk.at++;
        afterComma = false;
        if (arrays > 0 && --arrays == 0) {
          whole = chunk.position();
          return sign("]", CLOSED, false);
        }
      }
      case '{' -> {
        place = Place.OBJECT;
        afterComma = false;
      }
      default -> place = Place.STRAY;
    }
    return null;
  }

  private @Nullable Frame object() {
    byte[] bytes = chunk.bytes;
    int end = chunk.end;
    for (int at = chunk.at; at < end; at++) {
      byte b = bytes[at];
      if (escaped) {
        escaped = false;
      } else if (inString) {
        escaped = b == '\\';
        inString = b != '"';
      } else if (b == '"') {
        inString = true;
      } else if (b == '{' || b == '[') {
        depth++;
      } else if ((b == '}' || b == ']') && --depth == 0) {
        chunk.at = at + 1;
        place = Place.BETWEEN;
        return complete(false);
      }
    }
    chunk.at = end;
    return null;
  }

  private @Nullable Frame stray() {
    int room = Math.min(MAX_STRAY, maxFrame) - carry.length();
    int at = chunk.at;
    while (at < chunk.end && at - start < room && chunk.bytes[at] != '\n') {
      at++;
    }
    boolean whole = at < chunk.end || at - start >= room;
    chunk.at = at;
    if (whole) {
      place = Place.LOST;
      return complete(false);
    }
    return null;
  }

  private @Nullable Frame skip() {
    chunk.at = chunk.end;
    return null;
  }

  /** Shows what began at {@link #start}, or in an earlier chunk, and ends before the next byte. */
  private Frame complete(boolean unterminated) {
    int length = chunk.at - start;
    check(length);
    whole = chunk.position();
    if (carry.length() == 0) {
      return show(chunk.bytes, start, length, unterminated);
    }
    carry.append(chunk.bytes, start, chunk.at);
    int whole = carry.length();
    carry.restart();
    return show(carry.array(), 0, whole, unterminated);
  }

  private Frame show(byte[] bytes, int from, int length, boolean unterminated) {
    int invalid = Utf8.countReplacements(bytes, from, length);
    return frame.set(Frame.Kind.EVENT, TYPE, "", bytes, from, length, invalid, unterminated);
  }

  private Frame sign(String name, byte[] bytes, boolean unterminated) {
    return frame.set(Frame.Kind.UNKNOWN_FIELD, name, "", bytes, 0, bytes.length, 0, unterminated);
  }

  /** Keeps what the next chunk needs and this one holds. */
  private void keepRest() {
    carry.trim();
    boolean open = place == Place.OBJECT || place == Place.STRAY;
    if (open && chunk.end > start) {
      check(chunk.end - start);
      carry.append(chunk.bytes, start, chunk.end);
    }
    start = chunk.end;
  }

  /** What remained at the body's end. */
  @Override
  @Nullable Frame rest() {
    if (!mark.isDecided()) {
      mark.giveUp(carry);
      place = carry.length() == 0 ? place : Place.STRAY;
    }
    var left = place;
    place = Place.LOST;
    return switch (left) {
      case OBJECT -> complete(true);
      case STRAY -> complete(false);
      case BETWEEN -> afterComma ? sign(",", COMMA, true) : null;
      case LOST -> null;
    };
  }

  private void check(int added) {
    if ((long) carry.length() + added > maxFrame) {
      throw new FrameLimitException(
          "array element: must be at most " + maxFrame + " bytes, was longer");
    }
  }
}
