package dev.holdfast.core.seam;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Ways to go on with a text that was cut, good and bad. */
final class HardModels {
  /**
   * What a model is asked.
   *
   * @param anchor what it shall repeat
   */
  record Asked(String truth, int cut, int start, String anchor, SplittableRandom random) {
    String delivered() {
      return truth.substring(0, cut);
    }

    String rest() {
      return truth.substring(cut);
    }
  }

  /** {@link #honest} models repeat to the letter and go on. */
  record Way(String name, boolean honest, java.util.function.Function<Asked, String> says) {
    /** Whether only a model that was shown a quotation, and asked to repeat it, may do it. */
    boolean needsWords() {
      return name.contains("closed only")
          || name.contains("between them")
          || name.matches("ellips.*[-\u2014\u2015]")
          || name.startsWith("straight on")
          || name.endsWith("on a line")
          || name.endsWith("in a paragraph");
    }
  }

  static final List<String> TALK =
      List.of(
          "[End of answer]",
          "Continuing from there:",
          "I'm sorry, but I cannot continue",
          "[End of response]",
          "(continued)",
          "[continued]",
          "Continuing:",
          "…continuing:",
          "Sure, here is the rest:",
          "Es tut mir leid, ich kann nicht fortfahren.",
          "Je suis désolé, mais je ne peux pas continuer.",
          "Lo siento, no puedo continuar.",
          "抱歉，我无法继续。",
          "申し訳ありませんが、続けることができません。",
          "[Ende der Antwort]",
          "[Fin de la réponse]",
          "**End of answer**",
          "*continues*",
          "(Fortsetzung)",
          "[The response was cut off here]",
          "I apologize, I can't continue this.",
          "Here is the rest of the answer:",
          "As an AI language model, I cannot",
          "Извините, я не могу продолжить.",
          "[конец ответа]",
          "죄송합니다. 계속할 수 없습니다.",
          "عذرًا، لا أستطيع المتابعة.",
          "Picking up where I left off:",
          "<|endoftext|>",
          "---\n[End]",
          "Okay, continuing.",
          "Understood.");

  private HardModels() {}

  static List<Way> all() {
    var all = new ArrayList<Way>();
    all.add(new Way("exact", true, a -> a.anchor() + a.rest()));
    all.add(new Way("overlap 1", true, a -> a.truth().substring(Math.max(0, a.start() - 1))));
    all.add(new Way("overlap 12", true, a -> a.truth().substring(Math.max(0, a.start() - 12))));
    all.add(new Way("overlap 40", true, a -> a.truth().substring(Math.max(0, a.start() - 40))));
    all.add(new Way("restart", true, a -> a.truth()));
    all.add(new Way("stops at the anchor", false, a -> a.anchor()));
    all.add(new Way("stops at the cut", false, a -> a.truth().substring(a.start(), a.cut())));
    all.add(new Way("stops after a restart", false, a -> a.delivered()));
    all.add(new Way("anchor twice", false, a -> a.anchor() + a.anchor() + a.rest()));
    all.add(new Way("anchor twice, spaced", false, a -> a.anchor() + " " + a.anchor() + a.rest()));
    all.add(
        new Way("anchor twice, on lines", false, a -> a.anchor() + "\n\n" + a.anchor() + a.rest()));
    for (String pair :
        List.of(
            "« »",
            "“ ”",
            "„ “",
            "\" \"",
            "‘ ’",
            "' '",
            "` `",
            "* *",
            "** **",
            "( )",
            "[ ]",
            "{ }",
            "```\n \n```",
            "「 」",
            "‹ ›",
            "_ _",
            "< >",
            "» «")) {
      String[] marks = pair.split(" ", -1);
      all.add(
          new Way(
              "quoted " + pair.replace("\n", ""),
              false,
              a -> marks[0] + a.anchor() + marks[1] + a.rest()));
      all.add(
          new Way(
              "quoted first " + pair.replace("\n", ""),
              false,
              a -> marks[0] + a.anchor() + marks[1] + "\n\n" + a.anchor() + a.rest()));
      all.add(
          new Way(
              "quoted, then lines " + pair.replace("\n", ""),
              false,
              a -> marks[0] + a.anchor() + marks[1] + "\n\n" + a.rest()));
      all.add(
          new Way(
              "quoted, opened only " + pair.replace("\n", ""),
              false,
              a -> marks[0] + a.anchor() + a.rest()));
      all.add(
          new Way(
              "quoted, closed only " + pair.replace("\n", ""),
              false,
              a -> a.anchor() + marks[1] + a.rest()));
      all.add(
          new Way(
              "quoted second " + pair.replace("\n", ""),
              false,
              a -> a.anchor() + "\n" + marks[0] + a.anchor() + marks[1] + a.rest()));
    }
    for (String dots : List.of("…", "...", "⋯", "....")) {
      all.add(new Way("ellipses " + dots, false, a -> dots + a.anchor() + dots + a.rest()));
      all.add(
          new Way(
              "ellipses, spaced " + dots,
              false,
              a -> dots + " " + a.anchor() + dots + " " + a.rest()));
      all.add(new Way("ellipsis before " + dots, false, a -> dots + a.anchor() + a.rest()));
      all.add(new Way("ellipsis after " + dots, false, a -> a.anchor() + dots + a.rest()));
      all.add(
          new Way(
              "ellipses and a quote " + dots,
              false,
              a -> "«" + dots + a.anchor() + dots + "»" + a.rest()));
    }
    for (String talk : TALK) {
      all.add(new Way("talk", false, a -> a.anchor() + " " + talk));
      all.add(
          new Way("talk, then rest", false, a -> a.anchor() + "\n\n" + talk + "\n\n" + a.rest()));
      all.add(new Way("talk on a line", false, a -> a.anchor() + "\n" + talk + "\n" + a.rest()));
      all.add(new Way("talk, glued", false, a -> a.anchor() + talk));
      all.add(new Way("talk before", false, a -> talk + " " + a.anchor() + a.rest()));
    }
    all.add(new Way("straight on", false, a -> a.rest()));
    all.add(new Way("straight on after a line", false, a -> "\n" + a.rest()));
    all.add(
        new Way(
            "straight on, then stops",
            false,
            a -> a.rest().substring(0, a.random().nextInt(a.rest().length() + 1))));
    all.add(
        new Way(
            "the last line again",
            true,
            a -> a.truth().substring(1 + a.truth().lastIndexOf('\n', Math.max(0, a.cut() - 2)))));
    all.add(
        new Way(
            "the last paragraph again",
            true,
            a ->
                a.truth()
                    .substring(
                        Math.max(0, a.truth().lastIndexOf("\n\n", Math.max(0, a.cut() - 2)) + 1))));
    all.add(
        new Way(
            "from an earlier place",
            true,
            a -> a.truth().substring(a.random().nextInt(a.cut() + 1))));
    all.add(
        new Way(
            "anchor, then from an earlier place",
            false,
            a -> a.anchor() + a.truth().substring(a.random().nextInt(a.start() + 1))));
    all.add(
        new Way(
            "anchor, then the last line",
            false,
            a -> a.anchor() + a.truth().substring(lastLine(a))));
    all.add(new Way("anchor, then all", false, a -> a.anchor() + "\n\n" + a.truth()));
    all.add(
        new Way(
            "half of the anchor",
            false,
            a -> a.anchor().substring(a.anchor().length() / 2) + a.rest()));
    all.add(
        new Way(
            "anchor without its end",
            false,
            a -> a.anchor().substring(0, Math.max(0, a.anchor().length() - 3)) + a.rest()));
    all.add(new Way("anchor on a line", false, a -> a.anchor() + "\n" + a.rest()));
    all.add(new Way("anchor in a paragraph", false, a -> a.anchor() + "\n\n" + a.rest()));
    all.add(new Way("anchor as a quotation", false, a -> "> " + a.anchor() + "\n\n" + a.rest()));
    all.add(new Way("anchor as an item", false, a -> "- " + a.anchor() + a.rest()));
    all.add(new Way("anchor as a heading", false, a -> "# " + a.anchor() + "\n" + a.rest()));
    all.add(new Way("all in a fence", false, a -> "```\n" + a.anchor() + a.rest() + "\n```"));
    all.add(
        new Way("all in a named fence", false, a -> "```text\n" + a.anchor() + a.rest() + "\n```"));
    all.add(new Way("all in JSON", false, a -> "{\"text\": \"" + a.anchor() + a.rest() + "\"}"));
    all.add(new Way("all in a JSON array", false, a -> "[\"" + a.anchor() + a.rest() + "\"]"));
    all.add(new Way("all in quotes", false, a -> "“" + a.anchor() + a.rest() + "”"));
    all.add(new Way("all in bold", false, a -> "**" + a.anchor() + a.rest() + "**"));
    all.add(
        new Way(
            "upper case", false, a -> a.anchor().toUpperCase(java.util.Locale.ROOT) + a.rest()));
    all.add(new Way("plain quotes", false, a -> plain(a.anchor()) + a.rest()));
    all.add(new Way("no-break spaces", false, a -> a.anchor().replace(' ', '\u00a0') + a.rest()));
    all.add(new Way("one space each", false, a -> a.anchor().replaceAll("\\s+", " ") + a.rest()));
    all.add(new Way("zero-width", false, a -> a.anchor() + "\u200b" + a.rest()));
    all.add(new Way("zero-width before", false, a -> "\ufeff" + a.anchor() + a.rest()));
    all.add(
        new Way(
            "NFD",
            false,
            a ->
                java.text.Normalizer.normalize(a.anchor(), java.text.Normalizer.Form.NFD)
                    + a.rest()));
    all.add(
        new Way(
            "NFC",
            false,
            a ->
                java.text.Normalizer.normalize(a.anchor(), java.text.Normalizer.Form.NFC)
                    + a.rest()));
    all.add(
        new Way(
            "another text",
            false,
            a -> "Bananas are berries in the botanical sense, and strawberries are not."));
    all.add(new Way("nothing", false, a -> ""));
    all.add(
        new Way("paraphrase", false, a -> a.anchor().replaceFirst("[a-z]+", "thing") + a.rest()));
    return all;
  }

  /** Where the last line begins; one of a few characters may come twice by chance. */
  private static int lastLine(Asked asked) {
    int line = 1 + asked.truth().lastIndexOf('\n', Math.max(0, asked.cut() - 2));
    return asked.truth().substring(line, asked.cut()).strip().split("\\s+").length < 5
        ? asked.start()
        : line;
  }

  private static String plain(String text) {
    return text.replaceAll("[“”„«»]", "\"")
        .replaceAll("[‘’]", "'")
        .replaceAll("[–—]", "-")
        .replace("…", "...");
  }
}
