package dev.holdfast.core.seam;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EvidenceTest {
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      quoteCharacter = '"',
      textBlock =
          """
          inside a word       | "The answer to everything is forty-tw"      | " everything is forty-tw"
          after a space       | "The answer to everything is forty-two "    | " everything is forty-two "
          a long last word    | "It is called Donaudampfschifffahrt"        | " called Donaudampfschifffahrt"
          two long words      | "Donau Frühlingswind Küstenwind"             | -
          signs prove nothing | "one two three |---|---|---|---|---|---|"   | -
          Chinese             | "今天天气很好我们一起去公园散步吧然后回家吃饭" | "去公园散步吧然后回家吃饭"
          the tail repeats    | "say it loud and clear, say it loud and clear" | -
          a period before     | "Now all of us shall say it loud and clear, say it loud and clear" | " all of us shall say it loud and clear, say it loud and clear"
          too short           | "Hello"                                     | -
          one word            | "Donaudampfschifffahrtsgesellschaft"        | -
          """)
  void aContinuationStartsWhereATokenDoes(String name, String text, String tail) {
    int start = Evidence.startFor(text, TextIndex.of(text), Evidence.MIN_VISIBLE);

    assertThat(start < 0 ? null : text.substring(start)).isEqualTo(tail);
  }

  @ParameterizedTest
  @CsvSource({
    "one two three, 3",
    "foo.bar(baz), 3",
    "Frühlingswind, 1",
    "Donaudampfschifffahrtsgesellschaft, 3",
    "天気がいい, 3",
    "สวัสดีครับวันนี้อากาศดีมากเราไปเดินเล่นกัน, 2",
    "🌧 and ☀, 2",
    "|---|---|, 0"
  })
  void wordsAreCountedInEveryScript(String text, int words) {
    var counter = new WordCounter();
    int counted = 0;
    for (int at = text.length() - 1; at >= 0; at--) {
      counted = counter.before(text, at);
    }
    assertThat(counted).isEqualTo(words);
  }

  @Test
  void aShortAnchorMustHaveMoreThanAFewLetters() {
    assertThat(
            Evidence.shortStartFor(
                "Tell me now why the sky is blue", TextIndex.of("Tell me now why the sky is blue")))
        .isPositive();
    assertThat(Evidence.shortStartFor("今天天气很好我们一起去公园散步吧然后", TextIndex.of("今天天气很好我们一起去公园散步吧然后")))
        .isPositive();
    String story = "Once upon a time a stream";
    assertThat(story.substring(Evidence.startFor(story, TextIndex.of(story), Evidence.MIN_VISIBLE)))
        .isEqualTo(" a time a stream");
    assertThat(story.substring(Evidence.shortStartFor(story, TextIndex.of(story))))
        .isEqualTo(" upon a time a stream");
    assertThat(
            Evidence.shortStartFor(
                "tock tick tick tick tick", TextIndex.of("tock tick tick tick tick")))
        .isEqualTo(-1);
    assertThat(
            Evidence.startFor(
                "tock tick tick tick tick tock",
                TextIndex.of("tock tick tick tick tick tock"),
                Evidence.MIN_VISIBLE))
        .isPositive();
  }

  @Test
  void noCharacterIsEverCut() {
    String family = "\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67";
    String text = "x" + (family + "e\u0301\ud83d\udc4d\ud83c\udffd").repeat(20);

    for (int end = 30; end <= text.length(); end++) {
      String delivered = text.substring(0, end) + "z".repeat(end % 7);
      int start = Evidence.startFor(delivered, TextIndex.of(delivered), Evidence.MIN_VISIBLE);
      if (start >= 0) {
        assertThat(Evidence.isCharBoundary(delivered, start)).as("at %d", start).isTrue();
        assertThat(Character.isLowSurrogate(delivered.charAt(start))).isFalse();
      }
    }
  }
}
