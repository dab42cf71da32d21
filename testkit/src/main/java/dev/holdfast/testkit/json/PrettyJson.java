package dev.holdfast.testkit.json;

/** JSON on many lines, two spaces a level, as Google writes it. */
public final class PrettyJson {
  private PrettyJson() {}

  /** {@return the same document; numbers and strings stay as they are written} */
  public static String of(String json) {
    var out = new StringBuilder(json.length() * 2);
    int depth = 0;
    boolean quoted = false;
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      if (quoted) {
        out.append(c);
        if (c == '\\') {
          out.append(json.charAt(++i));
        }
        quoted = c != '"';
        continue;
      }
      switch (c) {
        case '{', '[' -> {
          boolean empty = json.charAt(i + 1) == '}' || json.charAt(i + 1) == ']';
          out.append(c);
          if (empty) {
            out.append(json.charAt(++i));
          } else {
            line(out, ++depth);
          }
        }
        case '}', ']' -> {
          line(out, --depth);
          out.append(c);
        }
        case ',' -> {
          out.append(c);
          line(out, depth);
        }
        case ':' -> out.append(": ");
        case ' ', '\n', '\r', '\t' -> {}
        default -> {
          out.append(c);
          quoted = c == '"';
        }
      }
    }
    return out.toString();
  }

  /** {@return the same document on one line, as {@link #of} got it} */
  public static String compact(String json) {
    var out = new StringBuilder(json.length());
    boolean quoted = false;
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      if (quoted && c == '\\') {
        out.append(c).append(json.charAt(++i));
      } else if (quoted || !Character.isWhitespace(c)) {
        out.append(c);
        quoted = (c == '"') != quoted;
      }
    }
    return out.toString();
  }

  private static void line(StringBuilder out, int depth) {
    out.append('\n').append("  ".repeat(depth));
  }
}
