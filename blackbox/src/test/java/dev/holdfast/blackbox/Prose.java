package dev.holdfast.blackbox;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Finds the words that CONTRIBUTING.md lists under "Prose", outside code and quotations. */
final class Prose {
  /** The rule, for the message of a failure. */
  static final String RULE =
      "CONTRIBUTING.md, Prose: name the actor (caller, driver, client, upstream, consumer,"
          + " observer); objects report, contain, return, receive or are; except (but for),"
          + " continues (goes on), ignored (comes to nothing), permanent (for good), skipped (left"
          + " alone)";

  private static final Pattern LISTED =
      Pattern.compile(
          "\\b(?:told|tells?|said|says?|who|whom|whoever|somebody|nobody|whatever|hears?|heard"
              + "|goes\\s+on|go\\s+on|but\\s+for|takes\\s+note|comes?\\s+to\\s+nothing"
              + "|for\\s+good|left\\s+alone|in\\s+vain)\\b",
          Pattern.CASE_INSENSITIVE);

  /** Within one paragraph. */
  private static final Pattern QUOTATION =
      Pattern.compile("\"(?:[^\"\\n]|\\n(?! *+\\n))*+\"|“(?:[^”\\n]|\\n(?! *+\\n))*+”");

  private static final Pattern FENCE =
      Pattern.compile("(?ms)^ *(```|~~~).*?^ *\\1|^(?:>| {4}\\S)[^\\n]*");

  private static final Pattern INLINE =
      Pattern.compile("(`++)(?:(?!\\1)[^\\n])+\\1|\\]\\([^)\\s]*\\)|(?s:<!--.*?-->)|<[^>\\n]+>");

  private static final Pattern TAG =
      Pattern.compile(
          "(?s)<pre>.*?</pre>|\\{@(?:code|link|linkplain|literal)\\s[^}]*}|<[^>\\n]+>"
              + "|@param \\w+");

  private static final Pattern TOKEN =
      Pattern.compile(
          "(?s)\"\"\".*?(?<!\\\\)\"\"\"|\"(?:\\\\.|[^\"\\\\])*+\"|'(?:\\\\.|[^'\\\\])++'"
              + "|//[^\\n]*|/\\*.*?\\*/");

  private static final Pattern COMMENT_MARK = Pattern.compile("(?m)^ *(?:/\\*\\*?|\\*/?)|//|\\*/");

  private static final Pattern JOINED = Pattern.compile("\"\\s*\\+\\s*\"");

  private Prose() {}

  /** {@return the listed words of a Markdown page, each as "line 7: says"} */
  static List<String> inPage(String page) {
    return listed(blank(QUOTATION, blank(INLINE, blank(FENCE, page))));
  }

  /** {@return the listed words of the comments of a Java file, each as "line 7: says"} */
  static List<String> inComments(String source) {
    String comments = only(source, token -> token.startsWith("//") || token.startsWith("/*"));
    return listed(blank(QUOTATION, blank(TAG, blank(COMMENT_MARK, comments))));
  }

  /** {@return the listed words of the string literals of a Java file, each as "line 7: says"} */
  static List<String> inLiterals(String source) {
    return listed(blank(JOINED, only(source, token -> token.startsWith("\""))));
  }

  private static List<String> listed(String text) {
    var found = new ArrayList<String>();
    var words = LISTED.matcher(text);
    while (words.find()) {
      long line = text.substring(0, words.start()).lines().count();
      boolean first = words.start() == 0 || text.charAt(words.start() - 1) == '\n';
      String word = words.group().replaceAll("\\s+", " ").toLowerCase(Locale.ROOT);
      found.add("line " + (first ? line + 1 : line) + ": " + word);
    }
    return found;
  }

  /** {@return the text with all but these tokens of Java blank} */
  private static String only(String source, Predicate<String> wanted) {
    var text = new StringBuilder(spaces(source));
    var tokens = TOKEN.matcher(source);
    while (tokens.find()) {
      if (wanted.test(tokens.group())) {
        text.replace(tokens.start(), tokens.end(), tokens.group());
      }
    }
    return text.toString();
  }

  private static String blank(Pattern what, String text) {
    return what.matcher(text).replaceAll((MatchResult found) -> spaces(found.group()));
  }

  /** {@return as many blanks, with the line ends where they were} */
  private static String spaces(String text) {
    return text.replaceAll("[^\\n]", " ");
  }
}
