package dev.holdfast.core.frame;

import java.util.Arrays;

/**
 * The headers of one message of Amazon's event stream: length and text of a name, a type, a value.
 * Of all of them five are read; the others are stepped over. Of headers with one name the last one
 * counts. Headers equal to those of the message before, as of every delta, are not read again.
 */
final class AwsHeaders {
  private static final int BYTES = 6;
  private static final int STRING = 7;

  /** Bytes of a value by type: two booleans, 8 to 64 bit, bytes, string, time, UUID. */
  private static final int[] SIZES = {0, 0, 1, 2, 4, 8, -1, -1, 8, 16};

  /** Longer headers are not remembered. */
  private static final int MAX_KNOWN = 512;

  private static final String DEFAULT_TYPE = "message";

  private final NameCache names = new NameCache();
  private final NameCache values = new NameCache();

  private String messageType = "";
  private String eventType = "";
  private String exceptionType = "";
  private String errorCode = "";
  private int messageStart;
  private int messageEnd;

  /** The headers that were read last; empty if there are none to remember. */
  private byte[] known = {};

  /** Where they began in their array. */
  private int knownFrom;

  /** {@return whether the message reports an error} */
  boolean isException() {
    return messageType.equals("exception") || messageType.equals("error");
  }

  /** {@return the event's type, {@code message} where the wire names none} */
  String eventType() {
    return eventType.isEmpty() ? DEFAULT_TYPE : eventType;
  }

  /** {@return the error's name, empty where the wire names none} */
  String exceptionType() {
    return exceptionType.isEmpty() ? errorCode : exceptionType;
  }

  /** {@return where the error's sentence begins in the array last read} */
  int messageStart() {
    return messageStart;
  }

  /** {@return where it ends; at its beginning if there is none} */
  int messageEnd() {
    return messageEnd;
  }

  /** {@return whether the headers in {@code [from, to)}, now read, fill it} */
  boolean read(byte[] bytes, int from, int to) {
    if (known.length > 0 && Arrays.equals(bytes, from, to, known, 0, known.length)) {
      messageStart += from - knownFrom;
      messageEnd += from - knownFrom;
      knownFrom = from;
      return true;
    }
    known = new byte[0];
    if (!parse(bytes, from, to)) {
      return false;
    }
    if (to - from <= MAX_KNOWN) {
      known = Arrays.copyOfRange(bytes, from, to);
      knownFrom = from;
    }
    return true;
  }

  private boolean parse(byte[] bytes, int from, int to) {
    messageType = "";
    eventType = "";
    exceptionType = "";
    errorCode = "";
    messageStart = from;
    messageEnd = from;
    int at = from;
    while (at < to) {
      int nameFrom = at + 1;
      int nameTo = nameFrom + (bytes[at] & 0xFF);
      if (nameTo >= to) {
        return false;
      }
      int type = bytes[nameTo];
      int valueFrom = nameTo + 1;
      if (type < 0 || type >= SIZES.length) {
        return false;
      }
      int size = SIZES[type];
      if (type == BYTES || type == STRING) {
        if (to - valueFrom < 2) {
          return false;
        }
        size = (bytes[valueFrom] & 0xFF) << 8 | (bytes[valueFrom + 1] & 0xFF);
        valueFrom += 2;
      }
      if (to - valueFrom < size) {
        return false;
      }
      at = valueFrom + size;
      if (type == STRING) {
        take(names.name(bytes, nameFrom, nameTo), bytes, valueFrom, at);
      }
    }
    return true;
  }

  private void take(String name, byte[] bytes, int from, int to) {
    switch (name) {
      case ":message-type" -> messageType = values.name(bytes, from, to);
      case ":event-type" -> eventType = values.name(bytes, from, to);
      case ":exception-type" -> exceptionType = values.name(bytes, from, to);
      case ":error-code" -> errorCode = values.name(bytes, from, to);
      case ":error-message" -> {
        messageStart = from;
        messageEnd = to;
      }
      default -> {}
    }
  }
}
