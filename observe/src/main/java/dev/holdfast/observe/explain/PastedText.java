package dev.holdfast.observe.explain;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A pasted text, reduced to what survives logs, terminals and chats: its ASCII letters and digits
 * in lower case. Quotes, separators, colours, line breaks and frames drawn around a message are
 * boundaries between words and nothing more.
 */
final class PastedText {
  /** Beginnings and ends that an ellipsis leaves of a message are searched at so many of them. */
  private static final int MAX_ELLIPSES = 16;

  private static final List<String> CLASS_ENDS =
      List.of("exception", "error", "timeout", "timedout", "disconnected");

  private final String raw;
  private final String letters;

  /** The place in {@link #raw} of each letter. */
  private final int[] places;

  /** Whether a word begins at a letter; one more entry is for the end. */
  private final boolean[] starts;

  private final List<Integer> ellipses;

  private PastedText(
      String raw, String letters, int[] places, boolean[] starts, List<Integer> ellipses) {
    this.raw = raw;
    this.letters = letters;
    this.places = places;
    this.starts = starts;
    this.ellipses = ellipses;
  }

  /** {@return the reduction of a text} */
  static PastedText of(String pasted) {
    String raw = unescaped(pasted);
    var letters = new StringBuilder(raw.length());
    var places = new int[raw.length() + 1];
    var starts = new boolean[raw.length() + 2];
    var ellipses = new ArrayList<Integer>();
    boolean apart = true;
    char before = ' ';
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (!isLetter(c)) {
        if (isEllipsis(raw, i) && (ellipses.isEmpty() || ellipses.getLast() != letters.length())) {
          ellipses.add(letters.length());
        }
        apart = true;
        continue;
      }
      // A counter may be glued to what follows it.
      starts[letters.length()] = apart || (isDigit(before) && !isDigit(c));
      places[letters.length()] = i;
      letters.append(c >= 'A' && c <= 'Z' ? (char) (c + 32) : c);
      before = c;
      apart = false;
    }
    starts[letters.length()] = true;
    int skip = Math.max(0, ellipses.size() - MAX_ELLIPSES);
    return new PastedText(
        raw.toLowerCase(Locale.ROOT),
        letters.toString(),
        places,
        starts,
        List.copyOf(ellipses.subList(skip, ellipses.size())));
  }

  /** {@return a wording reduced in the same way, without looking for escapes} */
  static String reduced(String wording) {
    var letters = new StringBuilder(wording.length());
    for (int i = 0; i < wording.length(); i++) {
      char c = wording.charAt(i);
      if (isLetter(c)) {
        letters.append(c >= 'A' && c <= 'Z' ? (char) (c + 32) : c);
      }
    }
    return letters.toString();
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c);
  }

  static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isEllipsis(String text, int at) {
    return text.charAt(at) == '\u2026' || text.startsWith("..", at);
  }

  /**
   * {@return the text without colours, and with the escapes of JSON, HTML and URLs replaced by
   * their characters} A colour whose escape character got lost on the way is one too.
   */
  private static String unescaped(String text) {
    if (text.indexOf('\\') < 0
        && text.indexOf('&') < 0
        && text.indexOf('%') < 0
        && text.indexOf('<') < 0
        && text.indexOf('[') < 0) {
      return text;
    }
    var out = new StringBuilder(text.length());
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i);
      int length =
          switch (c) {
            case '[' -> colour(text, i);
            case '\\' -> escape(text, i);
            case '&' -> entity(text, i);
            case '<' -> tag(text, i);
            case '%' -> text.startsWith("%2", i) && i + 2 < text.length() ? 3 : 0;
            default -> 0;
          };
      if (length > 0) {
        out.append(c == '[' ? "" : " ");
        i += length;
      } else {
        out.append(c);
        i++;
      }
    }
    return out.toString();
  }

  /** {@return the length of {@code [31;1m} or {@code [2K} at a place, or 0} */
  private static int colour(String text, int at) {
    int end = at + 1;
    while (end < text.length() && (isDigit(text.charAt(end)) || text.charAt(end) == ';')) {
      end++;
    }
    boolean sequence =
        end < text.length()
            && end - at <= 12
            && (text.charAt(end) == 'm' || text.charAt(end) == 'K')
            && (end > at + 1 || (at > 0 && text.charAt(at - 1) == '\u001b'));
    return sequence ? end + 1 - at : 0;
  }

  /** {@return the length of an escape of white space or a sign, or 0} */
  private static int escape(String text, int at) {
    if (at + 1 >= text.length()) {
      return 0;
    }
    return switch (text.charAt(at + 1)) {
      case 'n', 'r', 't' -> 2;
      case 'u' -> at + 6 <= text.length() && isHex(text, at + 2, at + 6) ? 6 : 0;
      case 'x' -> at + 4 <= text.length() && isHex(text, at + 2, at + 4) ? 4 : 0;
      default -> 0;
    };
  }

  private static boolean isHex(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (Character.digit(text.charAt(i), 16) < 0) {
        return false;
      }
    }
    return true;
  }

  /** {@return the length of a tag without attributes, such as {@code </code>}, or 0} */
  private static int tag(String text, int at) {
    int end = text.indexOf('>', at);
    if (end < 0 || end - at > 9) {
      return 0;
    }
    for (int i = at + 1; i < end; i++) {
      char c = text.charAt(i);
      if (!((c >= 'a' && c <= 'z') || c == '/' || (c >= '1' && c <= '6'))) {
        return 0;
      }
    }
    return end + 1 - at;
  }

  private static int entity(String text, int at) {
    int end = text.indexOf(';', at);
    if (end < 0 || end - at > 7) {
      return 0;
    }
    for (int i = at + 1; i < end; i++) {
      if (!isLetter(text.charAt(i)) && text.charAt(i) != '#') {
        return 0;
      }
    }
    return end + 1 - at;
  }

  /** {@return the letters and digits, in lower case} */
  String letters() {
    return letters;
  }

  /** {@return how many letters and digits there are} */
  int length() {
    return letters.length();
  }

  /** {@return whether a word begins here, or the text ends} */
  boolean isBoundary(int at) {
    return starts[at];
  }

  /** {@return the places where an ellipsis replaces something that was left out} */
  List<Integer> ellipses() {
    return ellipses;
  }

  /** {@return the text around a match, in lower case} */
  String around(int from, int to, int reach) {
    int begin = Math.max(0, places[from] - reach);
    int end = to > from ? places[to - 1] : places[from];
    return raw.substring(begin, Math.min(raw.length(), end + reach));
  }

  /**
   * {@return whether the word at this place is the name of an exception} Such names recur in many
   * packages; the words of a sentence do not.
   */
  boolean isClassName(int at) {
    int end = at + 1;
    while (end < letters.length() && !starts[end]) {
      end++;
    }
    String word = letters.substring(at, Math.min(end, letters.length()));
    return CLASS_ENDS.stream().anyMatch(word::endsWith);
  }

  /**
   * {@return the package or module that a name at this place belongs to, such as {@code
   * dev.langchain4j.exception}, or an empty text}
   */
  String qualifier(int at) {
    int end = places[at];
    int begin = end;
    while (begin > 0 && isName(raw.charAt(begin - 1))) {
      begin--;
    }
    String name = raw.substring(begin, end);
    return name.endsWith(".") || name.endsWith("::") || name.endsWith("$") ? name : "";
  }

  private static boolean isName(char c) {
    return isLetter(c) || c == '.' || c == '_' || c == '$' || c == ':' || c == '-';
  }
}
