package dev.holdfast.testkit.sim;

import dev.holdfast.testkit.Answer;
import java.util.List;
import java.util.random.RandomGenerator;

/** Answers of many shapes, drawn from a seed. */
final class Answers {
  private static final List<String> PIECES =
      List.of(
          "The stream broke in the middle of a sentence, and nobody noticed. ",
          "Every answer arrives complete and exactly once, or somebody is told why. ",
          "Größere Änderungen müssen sorgfältig geprüft werden, bevor sie übernommen werden. ",
          "今天天气很好，我们一起去公园散步，然后回家吃饭。",
          "مرحبا بالعالم، هذا نص عربي قصير للاختبار. ",
          "Emoji: 👨‍👩‍👧 family, 👍🏽 thumbs, e\u0301 accent. ",
          "```java\nfor (int i = 0; i < n; i++) {\n  sum += i;\n}\n```\n",
          "- first item\n- second item\n- third item\n\n",
          "1. wash\n2. rinse\n3. repeat\n",
          "ha ha ha ha ha ha ha ha ",
          "\"Quoted,\" she said — ‘twice’. ",
          "A line\n\n\nand three breaks. ",
          "{\"not\": [\"json\", 1.5e3, null]} ");

  private Answers() {}

  static Answer draw(RandomGenerator random) {
    var text = new StringBuilder();
    int pieces = 1 + random.nextInt(8);
    for (int i = 0; i < pieces; i++) {
      text.append(PIECES.get(random.nextInt(PIECES.size())));
      if (random.nextInt(3) == 0) {
        text.append("No. ").append(random.nextInt(1000)).append(' ');
      }
    }
    if (random.nextInt(6) == 0) {
      text.setLength(1 + random.nextInt(12));
    }
    var answer = Answer.ofText(whole(text.toString()));
    if (random.nextInt(4) == 0) {
      answer = answer.withReasoning("Let me think about " + random.nextInt(100) + " things first.");
    }
    if (random.nextInt(4) == 0) {
      answer = answer.withTool("call_1", "weather", "{\"city\":\"Zürich\",\"days\":3}");
    }
    return answer;
  }

  /** An answer never ends inside a character. */
  private static String whole(String text) {
    return Character.isHighSurrogate(text.charAt(text.length() - 1))
        ? text.substring(0, text.length() - 1) + "."
        : text;
  }
}
