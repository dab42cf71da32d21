package dev.holdfast.testkit.answer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class AnswerTest {
  @ParameterizedTest
  @EnumSource(AnswerStyle.class)
  void tokensAddUpToTheTextAndSplitNoCharacter(AnswerStyle style) {
    for (long seed = 0; seed < 100; seed++) {
      String text = AnswerGenerator.text(seed, style, 60);
      Answer answer = Answer.ofText(text);

      assertThat(answer.text()).isEqualTo(text);
      assertThat(answer.parts()).hasSizeGreaterThan(10);
      for (AnswerPart part : answer.parts()) {
        String token = ((AnswerPart.Token) part).text();
        assertThat(Character.isLowSurrogate(token.charAt(0))).isFalse();
        assertThat(Character.isHighSurrogate(token.charAt(token.length() - 1))).isFalse();
        assertThat(token.codePointCount(0, token.length())).isLessThanOrEqualTo(7);
      }
    }
  }

  @Test
  void oneSeedGivesOneAnswer() {
    var texts = new TreeSet<String>();
    for (long seed = 0; seed < 300; seed++) {
      Answer answer = AnswerGenerator.answer(seed);

      assertThat(AnswerGenerator.answer(seed)).isEqualTo(answer);
      texts.add(answer.text());
    }
    assertThat(texts).hasSizeGreaterThan(250);
  }

  @Test
  void seedsReachReasoningToolsAndEveryStyle() {
    List<Answer> answers =
        java.util.stream.LongStream.range(0, 300).mapToObj(AnswerGenerator::answer).toList();
    String all = String.join("", answers.stream().map(Answer::text).toList());

    assertThat(answers).anyMatch(answer -> !answer.reasoning().isEmpty());
    assertThat(answers).anyMatch(answer -> !answer.tools().isEmpty());
    assertThat(answers).anyMatch(answer -> answer.tools().isEmpty());
    assertThat(all).contains("tide", "größerer", "潮汐", "المدُّ", "\u200D", "```java", "**bold**");
    assertThat(all).contains("tick tock");
  }

  @Test
  void theRestOfAnAnswerBeginsAnywhere() {
    Answer answer = Answer.ofText("one two three").withReasoning("hm").withTool("1", "t", "{}");

    for (int units = 0; units <= answer.text().length() + 3; units++) {
      Answer rest = answer.from(units);

      assertThat(rest.text())
          .isEqualTo(answer.text().substring(Math.min(units, answer.text().length())));
      assertThat(rest.reasoning()).isEmpty();
      assertThat(rest.tools()).hasSize(1);
    }
  }

  @Test
  void partsComeInTheOrderModelsWriteThem() {
    var text = new AnswerPart.Token("a");
    var reasoning = new AnswerPart.Reasoning("b");

    assertThatThrownBy(() -> new Answer(List.of(text, reasoning)))
        .hasMessageStartingWith("parts: must be reasoning, text, refusal, then tools");
  }
}
