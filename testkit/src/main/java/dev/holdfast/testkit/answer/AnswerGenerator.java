package dev.holdfast.testkit.answer;

import dev.holdfast.core.stream.Check;
import dev.holdfast.testkit.json.TestJson;
import java.util.SplittableRandom;

/** Makes answers from seeds. Pure: one seed, one answer. */
public final class AnswerGenerator {
  private AnswerGenerator() {}

  /**
   * {@return an answer of any style and of 1 to 200 words, now and then with reasoning or tools}
   */
  public static Answer answer(long seed) {
    var random = new SplittableRandom(seed);
    AnswerStyle[] styles = AnswerStyle.values();
    AnswerStyle style = styles[random.nextInt(styles.length)];
    Answer answer = Answer.ofText(text(random.nextLong(), style, 1 + random.nextInt(200)));
    if (random.nextInt(5) == 0) {
      String thoughts = text(random.nextLong(), AnswerStyle.ENGLISH, 1 + random.nextInt(30));
      answer = answer.withReasoning(thoughts);
    }
    if (random.nextInt(5) == 0) {
      String what = text(random.nextLong(), style, 1 + random.nextInt(8));
      answer = answer.withTool("call_" + random.nextInt(1000), "note", note(what));
    }
    return answer;
  }

  private static String note(String text) {
    return "{\"text\":" + TestJson.quote(text) + ",\"tags\":[\"a\",\"b\"],\"n\":1.50}";
  }

  /**
   * {@return text of one style}
   *
   * @param seed of every choice
   * @param style what it looks like
   * @param words how many, at least 1
   */
  public static String text(long seed, AnswerStyle style, int words) {
    Check.that(words >= 1, "words", "must be at least 1", words);
    var random = new SplittableRandom(seed);
    var text = new StringBuilder(style == AnswerStyle.CODE ? "```java\n    " : "");
    int left = sentence(random);
    for (int i = 0; i < words; i++) {
      text.append(style.words().get(random.nextInt(style.words().size())));
      if (i == words - 1) {
        text.append(style.stop().stripTrailing());
      } else if (--left == 0) {
        text.append(random.nextInt(4) == 0 ? style.stop().stripTrailing() + "\n\n" : style.stop());
        left = sentence(random);
      } else {
        text.append(style.gap());
      }
    }
    return text.append(style == AnswerStyle.CODE ? "\n```" : "").toString();
  }

  private static int sentence(SplittableRandom random) {
    return 3 + random.nextInt(12);
  }
}
