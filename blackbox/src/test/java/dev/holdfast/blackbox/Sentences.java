package dev.holdfast.blackbox;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds sentences that are longer than the prose rule of CONTRIBUTING.md allows. */
final class Sentences {
  /** The most words of one. */
  static final int MOST_WORDS = 25;

  private static final Pattern FENCE = Pattern.compile("(?ms)^ *(```|~~~).*?^ *\\1");
  private static final Pattern ITEM = Pattern.compile("\\s*(?:[-*]|\\d+\\.) (.*)");
  private static final Pattern LINK = Pattern.compile("\\[([^]]*)]\\([^)]*\\)");
  private static final Pattern CODE = Pattern.compile("`[^`]*`");

  /** A full stop, or a colon before a capital, as this page's rule has it. */
  private static final Pattern PAGE_END = Pattern.compile("(?<=[.!?:])\\s+(?=[A-Z`*\"(])");

  private static final Pattern DOC = Pattern.compile("(?s)/\\*\\*(.*?)\\*/");
  private static final Pattern DOC_LINE = Pattern.compile("(?m)\\n\\s*\\*(?: |$)");
  private static final Pattern DOC_CODE =
      Pattern.compile("(?s)\\{@(?:code|link|linkplain|literal)\\s+[^}]*}");
  private static final Pattern DOC_RETURN = Pattern.compile("(?s)\\{@return\\s+([^}]*)}");
  private static final Pattern DOC_BREAK =
      Pattern.compile(
          "(?s)<pre>.*?</pre>|\\n\\s*@(?:param \\S+|return|throws \\S+)"
              + "|</?(?:p|ul|li|ol|table|tr|td|th)\\b[^>]*>");
  private static final Pattern DOC_TAG = Pattern.compile("<[^>]+>");
  private static final Pattern DOC_END = Pattern.compile("(?<=[.!?:;])\\s+");

  private Sentences() {}

  /** {@return the too long sentences of a Markdown page} Not those of code, tables and headings. */
  static List<String> inPage(String page) {
    var paragraphs = new ArrayList<String>();
    var now = new StringBuilder();
    for (String line : FENCE.matcher(page).replaceAll("\n\n").split("\n", -1)) {
      var item = ITEM.matcher(line);
      boolean breaks = line.isBlank() || line.strip().startsWith("|") || line.startsWith("#");
      if (breaks || item.matches()) {
        paragraphs.add(now.toString());
        now.setLength(0);
      }
      boolean code = line.startsWith("    ") && now.isEmpty();
      if (!breaks && !code) {
        now.append(item.matches() ? item.group(1) : line).append(' ');
      }
    }
    paragraphs.add(now.toString());
    return paragraphs.stream()
        .map(text -> CODE.matcher(LINK.matcher(text).replaceAll("$1")).replaceAll("CODE"))
        .flatMap(text -> PAGE_END.splitAsStream(text))
        .filter(Sentences::isTooLong)
        .toList();
  }

  /** {@return the too long sentences of the Javadoc of a Java file} */
  static List<String> inJavadoc(String source) {
    return DOC.matcher(source)
        .results()
        .flatMap(found -> sentences(found.group(1)))
        .filter(Sentences::isTooLong)
        .toList();
  }

  private static Stream<String> sentences(String comment) {
    String text = DOC_LINE.matcher(comment).replaceAll("\n");
    text = DOC_CODE.matcher(text).replaceAll("CODE");
    text = DOC_RETURN.matcher(text).replaceAll("Returns $1. ");
    text = DOC_TAG.matcher(DOC_BREAK.matcher(text).replaceAll(". ")).replaceAll(" ");
    return DOC_END.splitAsStream(text.strip());
  }

  private static boolean isTooLong(String sentence) {
    return sentence.strip().split("\\s+").length > MOST_WORDS;
  }
}
