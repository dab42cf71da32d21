package dev.holdfast.core.seam;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class RepetitionTest {
  @Test
  void theLongestEndThatOccursTwiceIsFound() {
    assertThat(Repetition.longestEnd("one two, one two", 16)).isEqualTo(7);
    assertThat(Repetition.longestEnd("no end of it here", 17)).isEqualTo(1);
    assertThat(Repetition.longestEnd("“say  it” or\n\"say it\"", 21)).isEqualTo(8);
    assertThat(Repetition.longestEnd("", 0)).isZero();
  }

  @Test
  void agreesWithLookingEverywhere() {
    for (long seed = 1; seed <= 2000; seed++) {
      var random = new Random(seed);
      var text = new StringBuilder();
      for (int i = random.nextInt(60); i > 0; i--) {
        text.append("ab c".charAt(random.nextInt(4)));
      }
      int end = Alignment.withoutTrailingSpace(text);
      String folded = text.substring(0, end).replaceAll("\\s+", " ");
      assertThat(Repetition.longestEnd(text, end))
          .as("seed %d: '%s'", seed, text)
          .isEqualTo(everywhere(folded));
    }
  }

  private static int everywhere(String text) {
    for (int length = text.length() - 1; length > 0; length--) {
      String end = text.substring(text.length() - length);
      if (text.indexOf(end) < text.length() - length) {
        return length;
      }
    }
    return 0;
  }
}
