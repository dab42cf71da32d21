package dev.holdfast.core.seam;

import dev.holdfast.core.seam.HardModels.Way;
import java.util.ArrayList;
import java.util.List;

/** More of {@link HardModels}, apart from them so that what was drawn for those is drawn again. */
final class FurtherModels {
  private static final List<String> TALK =
      List.of(
          "Unable to continue.",
          "I'm afraid I can't continue.",
          "To pick up where I left off:",
          "(no further output)",
          "I will stop here.",
          "My response was interrupted.",
          "The output limit was reached.",
          "[max tokens reached]",
          "Please continue.",
          "Mehr weiß ich nicht.",
          "Ich höre hier auf.",
          "Hier endet die Antwort.",
          "Je m'arrête ici.",
          "Je ne peux plus continuer.",
          "No puedo seguir con esto.",
          "Mi fermo qui.",
          "Não consigo continuar.",
          "Ik ga niet verder.",
          "Продолжаю:",
          "以下继续：",
          "回答到此为止。",
          "以上で終わりです。",
          "続きはこちらです。",
          "이상입니다.",
          "계속할 수 없습니다.");

  /** What a model may write between a repetition and its talk. */
  private static final List<String> BEFORE_TALK =
      List.of(
          ". ", ".\n\n", ", ", ": ", "; ", "! ", "? ", ") ", "” ", "\" ", " 👍 ", " `", "… ",
          ".” ");

  /** What a model may write between two repetitions. */
  private static final List<String> BETWEEN =
      List.of(
          " — ",
          " – ",
          " → ",
          ": ",
          ", ",
          "; ",
          ". ",
          " / ",
          " | ",
          " = ",
          " (again) ",
          " (sic) ",
          "\n1. ",
          "\n• ",
          "\n→ ",
          "\n\n> ",
          "\n\n---\n\n",
          " and again: ",
          " 🔁 ",
          "：",
          "……",
          " [repeated here] ");

  private static final List<String> PAIRS =
      List.of("« »", "“ ”", "（ ）", "《 》", "【 】", "『 』", "〈 〉", "$ $", "\\( \\)");

  private static final List<String> DOTS =
      List.of(
          "···", "・・・", "․․․", "⋮", "‥", "•••", ". . .", "[…]", "\"…\"", "\\ldots", "—", "--",
          "――");

  private FurtherModels() {}

  static List<Way> all() {
    var all = new ArrayList<Way>();
    for (String between : BETWEEN) {
      all.add(
          new Way(
              "anchor twice, between them " + between.strip(),
              false,
              a -> a.anchor() + between + a.anchor() + a.rest()));
    }
    for (String pair : PAIRS) {
      String[] marks = pair.split(" ", -1);
      all.add(new Way("quoted " + pair, false, a -> marks[0] + a.anchor() + marks[1] + a.rest()));
      all.add(
          new Way(
              "quoted first, colon " + pair,
              false,
              a -> marks[0] + a.anchor() + marks[1] + ": " + a.anchor() + a.rest()));
      all.add(
          new Way(
              "quoted second " + pair,
              false,
              a -> a.anchor() + " " + marks[0] + a.anchor() + marks[1] + a.rest()));
      all.add(new Way("quoted, closed only " + pair, false, a -> a.anchor() + marks[1] + a.rest()));
      all.add(new Way("all in " + pair, false, a -> marks[0] + a.anchor() + a.rest() + marks[1]));
    }
    for (String dots : DOTS) {
      all.add(new Way("ellipses " + dots, false, a -> dots + a.anchor() + dots + a.rest()));
      all.add(new Way("ellipsis before " + dots, false, a -> dots + a.anchor() + a.rest()));
      all.add(new Way("ellipsis after " + dots, false, a -> a.anchor() + dots + a.rest()));
    }
    for (String talk : TALK) {
      all.add(new Way("talk", false, a -> a.anchor() + " " + talk));
      all.add(
          new Way("talk, then rest", false, a -> a.anchor() + "\n\n" + talk + "\n\n" + a.rest()));
      all.add(new Way("talk, glued", false, a -> a.anchor() + talk));
    }
    var everyTalk = new ArrayList<>(HardModels.TALK);
    everyTalk.addAll(TALK);
    for (int i = 0; i < everyTalk.size(); i++) {
      String talk = everyTalk.get(i);
      for (int j = 0; j < 3; j++) {
        // Not each after each of them: a seed would take minutes.
        String mark = BEFORE_TALK.get((i + 5 * j) % BEFORE_TALK.size());
        all.add(new Way("talk after a mark", false, a -> a.anchor() + mark + talk));
      }
    }
    return all;
  }
}
