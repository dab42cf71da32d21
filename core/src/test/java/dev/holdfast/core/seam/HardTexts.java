package dev.holdfast.core.seam;

import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

/** Texts that repeat themselves, or are full of marks that a seam may lose; made from chance. */
final class HardTexts {
  /** One kind of text. */
  record Kind(String name, Function<SplittableRandom, String> make) {}

  private static final String[] WORDS =
      ("the river lamp harbour climbed reached old small a of and over under light keeper stone wind"
              + " before after while slowly again never boat rope tower shore gull tide morning")
          .split(" ", -1);

  private static final String[] GERMAN =
      "Über die Küste weht größerer Wind und Möwen der alte Leuchtturm steht am Ufer"
          .split(" ", -1);

  private static final String[] CJK =
      "潮汐 慢慢 上涨 海边 石头 我们 一起 去 公园 散步 然后 回家 吃饭 老人 点灯 船 进港".split(" ", -1);

  private static final String[] ARABIC =
      "يرتفع المد ببطء فوق الحجارة الرمادية والنوارس تحلق قرب المنارة القديمة".split(" ", -1);

  private static final String[] EMOJI =
      "👩‍👩‍👧‍👦 🇩🇪 👍🏽 ❤️ tide 😀 👩‍💻 e\u0301clair 🏳️‍🌈 and boats 🌊".split(" ", -1);

  private HardTexts() {}

  static List<Kind> all() {
    return List.of(
        new Kind("prose", r -> prose(r, 8 + r.nextInt(20))),
        new Kind("long prose", r -> prose(r, 200)),
        new Kind("equal lines", r -> lines(r, 12, "\n")),
        new Kind("equal lines in CRLF", r -> lines(r, 9, "\r\n")),
        new Kind(
            "equal lines with intro and outro",
            r -> prose(r, 2) + "\n" + lines(r, 3 + r.nextInt(9), "\n") + "\n" + prose(r, 3)),
        new Kind(
            "equal lines, no stop",
            r -> repeat(words(r, 3 + r.nextInt(8)), "\n", 4 + r.nextInt(20))),
        new Kind(
            "equal paragraphs",
            r ->
                prose(r, r.nextInt(2))
                    + repeat(prose(r, 3), "\n\n", 2 + r.nextInt(5))
                    + (r.nextBoolean() ? "\n\n" + prose(r, 1) : "")),
        new Kind(
            "ha ha",
            r ->
                prose(r, 1)
                    + " "
                    + repeat(words(r, 1 + r.nextInt(2)), " ", 20 + r.nextInt(40))
                    + "."),
        new Kind(
            "long equal blocks",
            r -> repeat(prose(r, 90), "\n\n", 2 + r.nextInt(2)) + "\n\n" + prose(r, 2)),
        new Kind("near-duplicate paragraphs", HardTexts::nearDuplicates),
        new Kind("poem with a refrain", HardTexts::poem),
        new Kind("table", HardTexts::table),
        new Kind("java", HardTexts::java),
        new Kind("python", HardTexts::python),
        new Kind("quotes", HardTexts::quotes),
        new Kind("emphasis", HardTexts::emphasis),
        new Kind("numbered list", HardTexts::numbered),
        new Kind(
            "bullets", r -> "Buy:\n" + repeat(() -> "- " + words(r, 1 + r.nextInt(5)), "\n", 12)),
        new Kind(
            "tabs",
            r ->
                repeat(() -> words(r, 2) + "\t" + r.nextInt(100) + "\t" + words(r, 1), "\r\n", 14)),
        new Kind("emoji", r -> of(r, EMOJI, " ", "! ", 60)),
        new Kind("German", r -> of(r, GERMAN, " ", ". ", 60)),
        new Kind("CJK", r -> of(r, CJK, "", "。", 80)),
        new Kind("equal CJK", r -> repeat(of(r, CJK, "", "。", 12), "", 6)),
        new Kind("RTL", r -> of(r, ARABIC, " ", ". ", 60)),
        new Kind(
            "headings", r -> repeat(() -> "## " + words(r, 3) + "\n\n" + prose(r, 3), "\n\n", 5)),
        new Kind(
            "JSON",
            r ->
                "```json\n["
                    + repeat(
                        () -> "{\"a\": [" + r.nextInt(9) + ", \"" + words(r, 2) + "\"]}", ", ", 12)
                    + "]\n```"),
        new Kind(
            "dialogue",
            r ->
                repeat(
                    () -> "“" + prose(r, 1) + "” " + (r.nextBoolean() ? "she said." : "he asked."),
                    "\n\n",
                    10)),
        new Kind("ticks", r -> repeat(() -> r.nextBoolean() ? "tick" : "tock", " ", 150) + "."),
        new Kind(
            "ellipses",
            r ->
                repeat(
                        () -> words(r, 4) + (r.nextBoolean() ? "… " : "... ") + words(r, 2),
                        ", ",
                        10)
                    + "."),
        new Kind(
            "formulas",
            r ->
                repeat(
                        () ->
                            "f(x, "
                                + r.nextInt(9)
                                + ") = g(x["
                                + r.nextInt(9)
                                + "]) * {a - "
                                + r.nextInt(99)
                                + "}",
                        "; ",
                        12)
                    + "."),
        new Kind("near-duplicate objects", HardTexts::objects),
        new Kind("sentences twice", r -> repeat(() -> repeat(sentence(r), " ", 2), " ", 6)),
        new Kind("lines twice", r -> repeat(() -> repeat(sentence(r), "\n", 2), "\n", 6)),
        new Kind("alternating lines", HardTexts::alternating),
        new Kind(
            "CJK twice", r -> repeat(() -> repeat(of(r, CJK, "", "\u3002", 9), "", 2), "", 5)));
  }

  private static String objects(SplittableRandom random) {
    String object = "{\"name\": \"" + words(random, 6) + "\", \"tags\": [\"a\", \"b\"], \"n\": ";
    return "[" + repeat(() -> object + random.nextInt(2) + "}", ",\n ", 6) + "]";
  }

  private static String alternating(SplittableRandom random) {
    String one = sentence(random);
    String other = sentence(random);
    return prose(random, 1) + "\n" + repeat(() -> random.nextBoolean() ? one : other, "\n", 12);
  }

  /** One that is long enough to ask for all of it. */
  private static String sentence(SplittableRandom random) {
    String words = words(random, 8 + random.nextInt(4));
    return Character.toUpperCase(words.charAt(0)) + words.substring(1) + ".";
  }

  static String words(SplittableRandom random, int many) {
    return of(random, WORDS, many);
  }

  private static String of(SplittableRandom random, String[] words, int many) {
    var text = new StringBuilder();
    for (int i = 0; i < many; i++) {
      text.append(i == 0 ? "" : " ").append(words[random.nextInt(words.length)]);
    }
    return text.toString();
  }

  private static String of(
      SplittableRandom random, String[] words, String gap, String stop, int many) {
    var text = new StringBuilder();
    int left = 3 + random.nextInt(9);
    for (int i = 0; i < many; i++) {
      text.append(words[random.nextInt(words.length)]);
      if (--left == 0 || i == many - 1) {
        text.append(
            i == many - 1 ? stop.strip() : random.nextInt(5) == 0 ? stop.strip() + "\n\n" : stop);
        left = 3 + random.nextInt(9);
      } else {
        text.append(gap);
      }
    }
    return text.toString();
  }

  static String prose(SplittableRandom random, int sentences) {
    var text = new StringBuilder();
    for (int i = 0; i < sentences; i++) {
      String words = words(random, 4 + random.nextInt(10));
      text.append(i == 0 ? "" : random.nextInt(6) == 0 ? "\n\n" : " ");
      text.append(Character.toUpperCase(words.charAt(0))).append(words.substring(1)).append('.');
    }
    return text.toString();
  }

  private static String repeat(String block, String gap, int times) {
    return String.join(gap, java.util.Collections.nCopies(times, block));
  }

  private static String repeat(java.util.function.Supplier<String> block, String gap, int times) {
    var all = new java.util.ArrayList<String>();
    for (int i = 0; i < times; i++) {
      all.add(block.get());
    }
    return String.join(gap, all);
  }

  private static String lines(SplittableRandom random, int many, String gap) {
    return repeat(prose(random, 1), gap, many);
  }

  private static String nearDuplicates(SplittableRandom random) {
    String before = prose(random, 2);
    String after = prose(random, 2);
    return repeat(() -> before + " " + words(random, 2) + " " + after, "\n\n", 5);
  }

  private static String poem(SplittableRandom random) {
    String refrain = words(random, 5) + ",\n" + words(random, 5) + "\n" + words(random, 4) + ".";
    return repeat(() -> repeat(() -> words(random, 6), "\n", 4) + ".\n\n" + refrain, "\n\n", 5);
  }

  private static String table(SplittableRandom random) {
    return "| name | place | n |\n|---|---|---|\n"
        + repeat(
            () ->
                "| "
                    + words(random, 1)
                    + " | "
                    + words(random, 2)
                    + " | "
                    + random.nextInt(20)
                    + " |",
            "\n",
            14)
        + (random.nextBoolean() ? "\n\n" + prose(random, 2) : "");
  }

  private static String java(SplittableRandom random) {
    return prose(random, 1)
        + "\n\n```java\n"
        + repeat(
            () ->
                "int "
                    + words(random, 1)
                    + " = g("
                    + words(random, 1)
                    + "["
                    + random.nextInt(9)
                    + "], "
                    + random.nextInt(50)
                    + ");\nif (a < b) {\n  call(\""
                    + words(random, 2)
                    + "\");\n}",
            "\n",
            7)
        + "\n```\n\n"
        + prose(random, 2);
  }

  private static String python(SplittableRandom random) {
    return "```python\n"
        + repeat(
            () ->
                "def "
                    + words(random, 1)
                    + "(x):\n    y = [x, "
                    + random.nextInt(9)
                    + "]\n    return y",
            "\n\n",
            7)
        + "\n```";
  }

  private static String quotes(SplittableRandom random) {
    String[] pairs = {
      "“ ”", "„ “", "« »", "\" \"", "‘ ’", "( )", "[ ]", "{ }", "「 」", "' '", "‹ ›"
    };
    return repeat(
            () -> {
              String[] pair = pairs[random.nextInt(pairs.length)].split(" ", -1);
              return words(random, 3)
                  + " "
                  + pair[0]
                  + words(random, 4 + random.nextInt(12))
                  + pair[1]
                  + " "
                  + words(random, 3)
                  + (random.nextInt(3) == 0 ? "." : ",");
            },
            " ",
            9)
        + " "
        + prose(random, 1);
  }

  private static String emphasis(SplittableRandom random) {
    String[] marks = {"**", "*", "_", "`", "__", "~~"};
    return repeat(
            () -> {
              String mark = marks[random.nextInt(marks.length)];
              return words(random, 3)
                  + " "
                  + mark
                  + words(random, 4 + random.nextInt(9))
                  + mark
                  + " "
                  + words(random, 3);
            },
            " ",
            9)
        + ".";
  }

  private static String numbered(SplittableRandom random) {
    int[] number = {0};
    return repeat(
        () ->
            ++number[0]
                + ". "
                + words(random, 2 + random.nextInt(8))
                + (random.nextBoolean() ? "." : ""),
        "\n",
        14);
  }
}
