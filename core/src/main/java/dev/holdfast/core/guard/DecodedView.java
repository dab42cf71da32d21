package dev.holdfast.core.guard;

import org.jspecify.annotations.Nullable;

/**
 * A text without one layer of encoding, with each character's place in the original. Layers:
 * percent-encoding, the escapes of JSON and of HTML, and the boundaries of HTTP's chunks.
 */
final class DecodedView {
  private final StringBuilder text;
  private final int[] starts;
  private final int[] ends;

  private DecodedView(int room) {
    text = new StringBuilder(room);
    starts = new int[room];
    ends = new int[room];
  }

  /** {@return the text as it is} */
  static DecodedView of(String raw) {
    var view = new DecodedView(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      view.add(raw.charAt(i), i, i + 1);
    }
    return view;
  }

  /** {@return false only if a text has no layer of encoding} */
  static boolean mayDecode(String text) {
    return text.indexOf('%') >= 0
        || text.indexOf('\\') >= 0
        || text.indexOf('&') >= 0
        || text.indexOf('\r') >= 0;
  }

  String text() {
    return text.toString();
  }

  /** {@return where a character begins in the original} */
  int start(int index) {
    return starts[index];
  }

  /** {@return where a character ends in the original} */
  int end(int index) {
    return ends[index];
  }

  private void add(char c, int start, int end) {
    starts[text.length()] = start;
    ends[text.length()] = end;
    text.append(c);
  }

  /** {@return the text with one layer of encoding less, or null if there is none} */
  @Nullable DecodedView decoded() {
    var inner = new DecodedView(text.length());
    boolean changed = false;
    int at = 0;
    while (at < text.length()) {
      int length = escape(at);
      if (length <= 1) {
        inner.add(text.charAt(at), starts[at], ends[at]);
        at++;
      } else {
        changed = true;
        int code = code(at, length);
        if (code >= 0) {
          inner.add((char) code, starts[at], ends[at + length - 1]);
        }
        at += length;
      }
    }
    return changed ? inner : null;
  }

  /** {@return how many characters the escape here has; 1 for none} */
  private int escape(int at) {
    return switch (text.charAt(at)) {
      case '%' -> isHex(at + 1, 2) ? 3 : 1;
      case '\\' -> {
        if (at + 1 >= text.length()) {
          yield 1;
        }
        char kind = text.charAt(at + 1);
        yield switch (kind) {
          case 'u' -> isHex(at + 2, 4) ? 6 : 1; // One that is cut off stays.
          case 'x' -> isHex(at + 2, 2) ? 4 : 1;
          default -> 2;
        };
      }
      case '&' -> reference(at);
      case '\r' -> chunk(at);
      default -> 1;
    };
  }

  /** {@return the character of an escape; negative for one that encodes none} */
  private int code(int at, int length) {
    return switch (text.charAt(at)) {
      case '%' -> Integer.parseInt(text.substring(at + 1, at + 3), 16);
      case '\\' ->
          length > 2
              ? Integer.parseInt(text.substring(at + 2, at + length), 16)
              : switch (text.charAt(at + 1)) {
                case 'n' -> '\n';
                case 't' -> '\t';
                case 'r' -> '\r';
                default -> text.charAt(at + 1);
              };
      case '&' -> referenced(text.substring(at + 1, at + length - 1));
      default -> -1;
    };
  }

  private boolean isHex(int from, int count) {
    if (from + count > text.length()) {
      return false;
    }
    for (int i = from; i < from + count; i++) {
      if (Character.digit(text.charAt(i), 16) < 0) {
        return false;
      }
    }
    return true;
  }

  /** A character reference of HTML: named, decimal or hexadecimal. */
  private int reference(int at) {
    int end = at + 1;
    while (end < text.length() && end < at + 9 && text.charAt(end) != ';') {
      end++;
    }
    boolean closed = end < text.length() && text.charAt(end) == ';';
    return closed && referenced(text.substring(at + 1, end)) >= 0 ? end + 1 - at : 1;
  }

  private static int referenced(String name) {
    if (name.startsWith("#")) {
      boolean hex = name.startsWith("#x") || name.startsWith("#X");
      String digits = name.substring(hex ? 2 : 1);
      if (!digits.matches(hex ? "[0-9a-fA-F]{1,5}" : "[0-9]{1,6}")) {
        return -1;
      }
      int code = Integer.parseInt(digits, hex ? 16 : 10);
      return code <= 0xffff ? code : -1;
    }
    return switch (name) {
      case "amp" -> '&';
      case "lt" -> '<';
      case "gt" -> '>';
      case "quot" -> '"';
      case "apos" -> '\'';
      default -> -1;
    };
  }

  /** The end of one chunk and the size of the next, which are within a body. */
  private int chunk(int at) {
    int end = at + 1;
    if (end >= text.length() || text.charAt(end) != '\n') {
      return 1;
    }
    int digits = 0;
    for (end++; digits < 9 && isHex(end, 1); end++) {
      digits++;
    }
    boolean closed = text.indexOf("\r\n", end) == end;
    return digits > 0 && digits < 9 && closed ? end + 2 - at : 1;
  }
}
