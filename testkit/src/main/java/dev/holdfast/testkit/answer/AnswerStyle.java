package dev.holdfast.testkit.answer;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Kinds of text that break naive readers, each in its own way. */
public enum AnswerStyle {
  /** Plain English. */
  ENGLISH(
      " ", ". ", "the", "tide", "rises", "slowly", "over", "grey", "stones", "while", "a", "gull"),
  /** German: two-byte letters and long words. */
  GERMAN(" ", ". ", "Über", "die", "Küste", "weht", "größerer", "Frühlingswind", "und", "Möwen"),
  /** Chinese and Japanese: three-byte characters and no spaces. */
  CJK("", "。", "潮汐", "慢慢", "上涨", "海边", "石头", "カモメ", "が", "飛ぶ", "春の風"),
  /** Arabic: right to left, with combining marks. */
  ARABIC(" ", ". ", "يرتفع", "المدُّ", "ببطء", "فوق", "الحجارة", "الرمادية", "والنوارس", "تحلّق"),
  /** Emoji: four-byte characters, joiners, flags, skin tones. */
  EMOJI(
      " ",
      "! ",
      "\uD83C\uDF0A",
      "\uD83D\uDC69\u200D\uD83D\uDCBB",
      "\uD83C\uDDE9\uD83C\uDDEA",
      "\uD83D\uDC4D\uD83C\uDFFD",
      "tide",
      "\u2764\uFE0F",
      "e\u0301clair",
      "\uD83D\uDE00"),
  /** Source code in fences: quotes, backslashes, indentation. */
  CODE(" ", ";\n    ", "int", "x", "=", "\"a\\tb\"", "+", "'\\n'", "if", "(x", "<", "3)", "{", "}"),
  /** Lists in Markdown. */
  LIST(" ", "\n- ", "**bold**", "item", "with", "`code`", "and", "a", "[link](#here)", "1."),
  /** The same few words over and over, so that overlaps are ambiguous. */
  REPETITIVE(" ", ". ", "tick", "tock");

  private final String gap;
  private final String stop;

  @SuppressWarnings("ImmutableEnumChecker") // List.of copies are immutable.
  private final List<String> words;

  AnswerStyle(String gap, String stop, String... words) {
    this.gap = gap;
    this.stop = stop;
    this.words = List.of(words);
  }

  /** {@return the name in scenario files} */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** {@return the names of all styles, with commas between them} */
  public static String ids() {
    return String.join(", ", Arrays.stream(values()).map(AnswerStyle::id).toList());
  }

  String gap() {
    return gap;
  }

  String stop() {
    return stop;
  }

  List<String> words() {
    return words;
  }
}
