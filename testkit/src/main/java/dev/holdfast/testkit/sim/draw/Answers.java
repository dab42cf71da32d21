package dev.holdfast.testkit.sim.draw;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.AnswerGenerator;
import dev.holdfast.testkit.answer.AnswerStyle;
import java.util.List;
import java.util.random.RandomGenerator;

/** Draws answers of many shapes and scripts. */
public final class Answers {
  private static final List<String> PIECES =
      List.of(
          "The stream broke in the middle of a sentence, and nobody noticed. ",
          "Every answer arrives complete and exactly once, or somebody is told why. ",
          "Größere Änderungen müssen sorgfältig geprüft werden, bevor sie übernommen werden. ",
          "今天天气很好，我们一起去公园散步，然后回家吃饭。",
          "आज मौसम अच्छा है, चलो बाहर चलें। ",
          "วันนี้อากาศดีมาก เราไปเดินเล่นกันเถอะ ",
          "مرحبا بالعالم، هذا نص عربي قصير للاختبار. ",
          "Emoji: 👨‍👩‍👧 family, 👍🏽 thumbs, 🇩🇪 flag, e\u0301 accent. ",
          "```java\nfor (int i = 0; i < n; i++) {\n  sum += i;\n}\n```\n",
          "| a | b |\n|---|---|\n| 1 | 2 |\n\n",
          "- first item\n- second item\n- third item\n\n",
          "1. wash\n2. rinse\n3. repeat\n",
          "ha ha ha ha ha ha ha ha ",
          "\"Quoted,\" she said — ‘twice’. ",
          "A line\r\n\r\n\nand\u00a0three\tbreaks.   ",
          "{\"not\": [\"json\", 1.5e3, null]} ",
          "Sure, here is a sentence that opens like a preamble. ",
          "data: [DONE]\n\nevent: error\n");

  /** The styles of the first edition, in its order. */
  private static final List<AnswerStyle> STYLES =
      List.of(
          AnswerStyle.ENGLISH,
          AnswerStyle.GERMAN,
          AnswerStyle.CJK,
          AnswerStyle.ARABIC,
          AnswerStyle.EMOJI,
          AnswerStyle.CODE,
          AnswerStyle.LIST,
          AnswerStyle.REPETITIVE);

  private Answers() {}

  static Answer draw(RandomGenerator random, boolean structured) {
    var answer = Answer.ofText(structured ? json(random) : text(random));
    if (Draw.oneIn(random, 4)) {
      answer = answer.withReasoning("Let me think about " + random.nextInt(100) + " things first.");
    }
    for (int call = 1; call <= 3 && Draw.oneIn(random, 4); call++) {
      answer = answer.withTool("call_" + call, "weather", arguments(random));
    }
    return answer;
  }

  /** {@return a text of one of the styles, or of odd pieces; never empty} */
  public static String text(RandomGenerator random) {
    if (Draw.oneIn(random, 4)) {
      var style = Draw.pick(random, STYLES);
      return AnswerGenerator.text(random.nextLong(), style, 1 + random.nextInt(80));
    }
    var text = new StringBuilder();
    int pieces = 1 + random.nextInt(Draw.oneIn(random, 30) ? 60 : 8);
    for (int i = 0; i < pieces; i++) {
      text.append(Draw.pick(random, PIECES));
      if (Draw.oneIn(random, 3)) {
        text.append("No. ").append(random.nextInt(1000)).append(' ');
      }
    }
    if (Draw.oneIn(random, 6)) {
      text.setLength(1 + random.nextInt(12));
    }
    return whole(text.toString());
  }

  /** An answer never ends inside a character. */
  private static String whole(String text) {
    return Character.isHighSurrogate(text.charAt(text.length() - 1))
        ? text.substring(0, text.length() - 1) + "."
        : text;
  }

  private static String json(RandomGenerator random) {
    var json = new StringBuilder("{\"items\": [");
    int items = 1 + random.nextInt(12);
    for (int i = 0; i < items; i++) {
      json.append(i == 0 ? "" : ", ").append("{\"n\": ").append(random.nextInt(1000)).append('}');
    }
    return json.append("], \"done\": true}").toString();
  }

  private static String arguments(RandomGenerator random) {
    return Draw.oneIn(random, 8)
        ? "{}"
        : "{\"city\":\"Zürich\",\"days\":" + random.nextInt(30) + ",\"note\":\"a \\\"b\\\" {c}\"}";
  }
}
