package dev.holdfast.testkit.answer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * Kinds of text at which a continuation is easily joined in the wrong place: texts that repeat
 * themselves, and texts full of marks. Apart from {@link AnswerStyle}, so that what was drawn from
 * its values is drawn again.
 */
public enum HardText {
  /** One line, over and over, between an introduction and an end or not. */
  EQUAL_LINES,
  /** One paragraph, over and over. */
  EQUAL_BLOCKS,
  /** Paragraphs of more than 4,096 characters that are the same. */
  LONG_EQUAL_BLOCKS,
  /** Paragraphs that differ in two words. */
  NEAR_DUPLICATES,
  /** Verses with a refrain. */
  REFRAIN,
  /** A table in Markdown. */
  TABLE,
  /** Code in a fence, with brackets. */
  CODE,
  /** Lines with tabs, ended by carriage return and line feed. */
  CRLF_AND_TABS,
  /** Emoji with joiners, tones and flags, and combining marks. */
  ZWJ_EMOJI,
  /** Arabic. */
  RTL,
  /** Chinese, without spaces. */
  CJK,
  /** Quotations and brackets of every kind. */
  QUOTES,
  /** Emphasis and code spans in Markdown. */
  EMPHASIS,
  /** A numbered list. */
  NUMBERED,
  /** An array in JSON, of objects that are nearly the same. */
  NEAR_OBJECTS,
  /** Each sentence twice, in one paragraph. */
  SENTENCES_TWICE,
  /** Each line twice. */
  LINES_TWICE,
  /** Two lines, in turns and by chance. */
  ALTERNATING_LINES,
  /** Chinese, without spaces, each part twice. */
  CJK_TWICE,
  /** Sentences within tags, environments, brackets and rows; abbreviations and addresses. */
  ENCLOSED;

  private static final List<String> WORDS =
      words(
          "the river lamp harbour climbed reached old small a of and over under light keeper stone"
              + " wind before after while slowly again never boat rope tower shore gull morning");
  private static final List<String> EMOJI =
      words("👩‍👩‍👧‍👦 🇩🇪 👍🏽 ❤️ tide 😀 👩‍💻 e\u0301clair 🏳️‍🌈 and boats 🌊");
  private static final List<String> ARABIC =
      words("يرتفع المد ببطء فوق الحجارة الرمادية والنوارس تحلق قرب المنارة القديمة");
  private static final List<String> CHINESE = words("潮汐 慢慢 上涨 海边 石头 我们 一起 公园 散步 然后 回家 吃饭 老人 点灯");
  private static final List<String> PAIRS =
      List.of("“ ”", "„ “", "« »", "\" \"", "‘ ’", "( )", "[ ]", "{ }", "「 」", "‹ ›");
  private static final List<String> MARKS = List.of("**", "*", "_", "`", "__");

  private static List<String> words(String text) {
    return List.of(text.split(" "));
  }

  /** {@return the name in lower case} */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** {@return a text of this kind; the same for the same seed} */
  public String make(long seed) {
    return new Maker(new SplittableRandom(seed)).make(this);
  }

  private record Maker(SplittableRandom random) {
    String make(HardText kind) {
      return switch (kind) {
        case EQUAL_LINES ->
            (random.nextBoolean() ? prose(2) + "\n" : "")
                + same(prose(1), "\n", 4 + random.nextInt(10))
                + (random.nextBoolean() ? "\n" + prose(2) : "");
        case EQUAL_BLOCKS -> same(prose(3), "\n\n", 2 + random.nextInt(5)) + "\n\n" + prose(1);
        case LONG_EQUAL_BLOCKS -> same(prose(100), "\n\n", 2) + "\n\n" + prose(2);
        case NEAR_DUPLICATES -> {
          String before = prose(2);
          String after = prose(2);
          yield many(5, "\n\n", () -> before + " " + phrase(2) + " " + after);
        }
        case REFRAIN -> {
          String refrain = phrase(5) + ",\n" + phrase(5) + "\n" + phrase(4) + ".";
          yield many(5, "\n\n", () -> many(4, "\n", () -> phrase(6)) + ".\n\n" + refrain);
        }
        case TABLE ->
            "| name | place |\n|---|---|\n"
                + many(14, "\n", () -> "| " + phrase(1) + " | " + phrase(2) + " |");
        case CODE ->
            prose(1) + "\n\n```java\n" + many(7, "\n", this::statement) + "\n```\n\n" + prose(1);
        case CRLF_AND_TABS ->
            many(14, "\r\n", () -> phrase(2) + "\t" + number() + "\t" + phrase(1));
        case ZWJ_EMOJI -> sentences(EMOJI, " ", "! ");
        case RTL -> sentences(ARABIC, " ", ". ");
        case CJK -> sentences(CHINESE, "", "。");
        case QUOTES -> many(8, " ", () -> quoted(pick(PAIRS))) + " " + prose(1);
        case EMPHASIS -> many(8, " ", () -> quoted(twice(pick(MARKS)))) + " " + prose(1);
        case NUMBERED -> {
          int[] number = {0};
          yield many(12, "\n", () -> ++number[0] + ". " + phrase(2 + random.nextInt(8)) + ".");
        }
        case NEAR_OBJECTS -> {
          String object = "{\"name\": \"" + phrase(6) + "\", \"tags\": [\"a\", \"b\"], \"n\": ";
          yield "[" + many(6, ",\n ", () -> object + random.nextInt(2) + "}") + "]";
        }
        case SENTENCES_TWICE -> many(6, " ", () -> same(line(), " ", 2));
        case LINES_TWICE -> many(6, "\n", () -> same(line(), "\n", 2));
        case ALTERNATING_LINES -> {
          String one = line();
          String other = line();
          yield prose(1) + "\n" + many(12, "\n", () -> random.nextBoolean() ? one : other);
        }
        case CJK_TWICE ->
            many(5, "", () -> same(many(9, "", () -> pick(CHINESE)) + "\u3002", "", 2));
        case ENCLOSED -> many(5, "\n\n", () -> enclosed(random.nextInt(8)));
      };
    }

    /** A sentence or line that is long enough to ask for all of it. */
    private String line() {
      String words = phrase(8 + random.nextInt(4));
      return Character.toUpperCase(words.charAt(0)) + words.substring(1) + ".";
    }

    private String enclosed(int kind) {
      return switch (kind) {
        case 0 -> "<ul>\n<li>" + line() + " " + line() + "</li>\n</ul>";
        case 1 -> "\\begin{proof}\n" + line() + " " + line() + "\n\\end{proof}";
        case 2 -> phrase(3) + " (" + line() + "\n\n" + line() + ") " + line();
        case 3 -> "| name | what |\n|---|---|\n| " + phrase(1) + " | " + line() + " |";
        case 4 ->
            "\u2018" + line() + "\u2019 " + phrase(4) + ". *" + line() + "* ~~" + line() + "~~";
        case 5 -> phrase(9) + " on the third of Jan. " + number() + ", at Mt. Fuji. " + line();
        case 6 -> phrase(9) + " at https://www.example.com/a or in Node.js. " + line();
        default -> "Drei Std. lang, etc. " + line() + " _" + line() + "_ " + line();
      };
    }

    private String statement() {
      return "int "
          + phrase(1)
          + " = g("
          + phrase(1)
          + "["
          + number()
          + "], "
          + number()
          + ");\nif (a < b) {\n  call(\""
          + phrase(2)
          + "\");\n}";
    }

    private static String twice(String mark) {
      return mark + " " + mark;
    }

    private String quoted(String pair) {
      int gap = pair.indexOf(' ');
      return phrase(3)
          + " "
          + pair.substring(0, gap)
          + phrase(4 + random.nextInt(10))
          + pair.substring(gap + 1)
          + " "
          + phrase(2)
          + (random.nextInt(3) == 0 ? "." : ",");
    }

    private int number() {
      return random.nextInt(100);
    }

    private String pick(List<String> choices) {
      return choices.get(random.nextInt(choices.size()));
    }

    private String phrase(int words) {
      return many(words, " ", () -> pick(WORDS));
    }

    private String prose(int sentences) {
      return many(
          sentences,
          " ",
          () -> {
            String words = phrase(4 + random.nextInt(8));
            return Character.toUpperCase(words.charAt(0)) + words.substring(1) + ".";
          });
    }

    private String sentences(List<String> words, String gap, String stop) {
      return many(7, "", () -> many(3 + random.nextInt(8), gap, () -> pick(words)) + stop).strip();
    }

    private static String same(String block, String gap, int times) {
      return String.join(gap, Collections.nCopies(times, block));
    }

    private static String many(int times, String gap, Supplier<String> block) {
      var all = new ArrayList<String>();
      for (int i = 0; i < times; i++) {
        all.add(block.get());
      }
      return String.join(gap, all);
    }
  }
}
