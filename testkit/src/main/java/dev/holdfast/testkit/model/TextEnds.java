package dev.holdfast.testkit.model;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Whether an answer can end where a text does. It counts marks, and shares no code with the seam
 * that it judges.
 */
final class TextEnds {
  private static final Pattern END =
      Pattern.compile(
          "(?s).*(?:[^\\s\\d.][.]|[!?\u3002\uff01\uff1f\uff61\u061f\u06d4\u0964\u0965])"
              + "[\"'\u201d\u2019\u201c\u00bb\u00ab\u203a)\\]}\u300d\u300f\uff09*_~`]*");

  private static final Pattern LAST_WORD = Pattern.compile("(?s).*?(\\S+)[.]\\P{L}*");
  private static final Pattern ADDRESS = Pattern.compile(".*(?:[/@\\\\]|[^.][.][^.]).*");
  private static final Set<String> SHORT =
      Set.of("jan", "feb", "mr", "mrs", "dr", "prof", "etc", "vs", "approx", "fig", "std", "mt");

  /** Marks of which there is an even number where nothing is open. */
  private static final List<String> EVEN =
      List.of("\"", "\u00ab|\u00bb", "[*][*]", "~~", "(?<!\\w)_|_(?!\\w)", "\\$");

  private static final List<String> PAIRS =
      List.of("()", "[]", "{}", "\u300c\u300d", "\u300e\u300f", "\uff08\uff09", "\u300a\u300b");

  private TextEnds() {}

  static boolean mayBeDone(String text) {
    String all = text.strip();
    var prose = new StringBuilder();
    boolean code = false;
    boolean closes = false;
    for (String line : all.lines().toList()) {
      boolean fence = line.startsWith("```");
      // CommonMark 4.5: a fence that closes a block has no info string.
      closes = fence && code && line.substring(3).isBlank();
      prose.append(code || fence ? "" : line.replaceAll("`[^`]+`", "x")).append('\n');
      code = closes ? false : code || fence;
    }
    String plain = prose.toString().stripTrailing();
    return !code && !isOpen(plain) && (closes || endsSentence(plain));
  }

  private static boolean endsSentence(String text) {
    String last = text.substring(text.lastIndexOf('\n') + 1);
    if (!END.matcher(text).matches() || last.contains("|") || last.startsWith("    ")) {
      return false;
    }
    var word = LAST_WORD.matcher(last.replaceAll("^.*\\s(?=\\S+$)", ""));
    if (!word.matches()) {
      return true;
    }
    String letters = word.group(1).replaceAll("^\\P{L}+", "");
    return !ADDRESS.matcher(word.group(1)).matches()
        && !SHORT.contains(letters.toLowerCase(Locale.ROOT))
        && (letters.length() != 1 || Character.isIdeographic(letters.charAt(0)))
        && !letters.matches("\\p{Lu}\\p{L}{1,3}");
  }

  private static boolean isOpen(String text) {
    String paragraph = text.substring(1 + Math.max(-1, text.lastIndexOf("\n\n")));
    for (String mark : EVEN) {
      if (count(paragraph.replaceAll("(?m)^\\s*[*] ", ""), mark) % 2 == 1) {
        return true;
      }
    }
    for (String pair : PAIRS) {
      String opening = Pattern.quote(pair.substring(0, 1));
      if (count(text, opening) > count(text, Pattern.quote(pair.substring(1)))) {
        return true;
      }
    }
    boolean low = text.contains("\u201a") || text.contains("\u201e");
    return paragraph.contains("`")
        || (!low && count(paragraph, "\u2018") > count(paragraph, "\u2019"))
        || (!low && count(paragraph, "\u201c") > count(paragraph, "\u201d"))
        || count(text, "<[a-z]+>") > count(text, "</[a-z]+>")
        || count(text, "\\\\begin") > count(text, "\\\\end");
  }

  private static long count(String text, String mark) {
    return Pattern.compile(mark).matcher(text).results().count();
  }
}
