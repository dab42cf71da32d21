package dev.holdfast.observe.debug.clients;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The lines of an event stream as they were written. A standard decoder no longer shows them:
 * comments, blocks without data, line ends, the space after the colon. Keeps the first bytes of one
 * line.
 */
final class SseLines {
  private static final int KEPT = 40;

  private final Sightings sightings;
  private final byte[] line = new byte[KEPT];
  private int length;
  private long position;
  private boolean afterCr;

  private boolean data;
  private boolean multiple;
  private boolean event;
  private boolean misnamed;
  private boolean other;
  private boolean retry;
  private boolean comment;
  private boolean marker;
  private boolean object;
  private boolean idEver;

  SseLines(Sightings sightings) {
    this.sightings = sightings;
  }

  /** Takes a piece of the body, without changing its position. */
  void feed(ByteBuffer piece) {
    for (int i = piece.position(); i < piece.limit(); i++) {
      take(piece.get(i));
    }
  }

  private void take(byte b) {
    position++;
    if (afterCr) {
      afterCr = false;
      if (b == '\n') {
        lineEnd();
        return;
      }
      sightings.add(ClientKind.LONE_CR);
      lineEnd();
    }
    if (b == '\r') {
      afterCr = true;
    } else if (b == '\n') {
      lineEnd();
    } else {
      if (length < KEPT) {
        line[length] = b;
      }
      length++;
      if (position == 3 && startsWith("\u00EF\u00BB\u00BF")) {
        sightings.add(ClientKind.BYTE_ORDER_MARK);
        length = 0;
      }
    }
  }

  /** The body has ended. */
  void end() {
    if (afterCr) {
      afterCr = false;
      lineEnd();
    }
    if (length > 0) {
      field();
    }
    sightings.addIf(data && !marker, ClientKind.UNTERMINATED_EVENT);
  }

  private void lineEnd() {
    if (length == 0) {
      blockEnd();
    } else {
      field();
    }
    length = 0;
  }

  private void blockEnd() {
    if (data) {
      sightings.addIf(!event && object, ClientKind.NAMELESS_EVENT);
      sightings.addIf(misnamed, ClientKind.MISNAMED_EVENT);
      sightings.addIf(multiple, ClientKind.MULTI_LINE_DATA);
      sightings.addIf(comment, ClientKind.COMMENT_WITH_DATA);
      sightings.addIf(marker && event, ClientKind.FOREIGN_DONE);
    } else {
      sightings.addIf(event, ClientKind.EVENT_WITHOUT_DATA);
      sightings.addIf(retry, ClientKind.RETRY_ALONE);
      sightings.addIf(idEver && !event && !retry, ClientKind.COMMENT_AFTER_ID);
    }
    sightings.addIf(comment, ClientKind.COMMENT);
    sightings.addIf(event || other || retry, ClientKind.FIELD_BESIDE_DATA);
    data = multiple = event = misnamed = other = retry = comment = marker = object = false;
  }

  private void field() {
    if (length <= KEPT && value(0).isEmpty()) {
      sightings.add(ClientKind.LINE_OF_SPACES);
    } else if (startsWith(":")) {
      comment = true;
    } else if (startsWith("data:")) {
      data();
    } else if (startsWith("event:")) {
      event = true;
      misnamed = value(6).equals("message");
    } else if (startsWith("id:")) {
      other = true;
      idEver |= !value(3).isEmpty();
    } else if (startsWith("retry:")) {
      retry = true;
    }
  }

  private void data() {
    multiple |= data;
    data = true;
    String value = value(5);
    sightings.addIf(length > 5 && line[5] != ' ', ClientKind.NO_SPACE);
    if (value.isEmpty() || (value.equals("\"\"") && length <= KEPT)) {
      sightings.add(ClientKind.EMPTY_DATA);
    } else if (value.startsWith(":")) {
      sightings.add(ClientKind.COMMENT_AS_DATA);
    } else if (value.startsWith("data:")) {
      sightings.add(ClientKind.DOUBLED_PREFIX);
    } else if (value.startsWith("[DONE]")) {
      marker = true;
    } else {
      object |= value.startsWith("{");
    }
  }

  private String value(int from) {
    int to = Math.min(length, KEPT);
    return from >= to ? "" : new String(line, from, to - from, StandardCharsets.ISO_8859_1).strip();
  }

  private boolean startsWith(String start) {
    if (length < start.length()) {
      return false;
    }
    for (int i = 0; i < start.length(); i++) {
      if ((line[i] & 0xFF) != start.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
