package dev.holdfast.core.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Stars mean what the regular expression of the same meaning matches. */
class NamePatternTest {
  private static final int CASES = 20_000;

  @Test
  void starsMatchAsARegularExpressionDoes() {
    long seed = Long.getLong("holdfast.seed", System.nanoTime());
    var random = new SplittableRandom(seed);
    int matches = 0;
    for (int i = 0; i < CASES; i++) {
      String pattern = word(random, "ab.*");
      String name = word(random, "ab.");
      boolean expected =
          Pattern.compile(Pattern.quote(pattern).replace("*", "\\E.*\\Q")).matcher(name).matches();
      matches += expected ? 1 : 0;
      assertThat(new NamePattern(pattern).matches(name))
          .as("%s of %s, -Dholdfast.seed=%d", pattern, name, seed)
          .isEqualTo(expected);
    }
    assertThat(matches).isBetween(CASES / 50, CASES / 2);
  }

  private static String word(SplittableRandom random, String letters) {
    var word = new StringBuilder();
    int length = random.nextInt(7);
    for (int i = 0; i < length; i++) {
      word.append(letters.charAt(random.nextInt(letters.length())));
    }
    return word.toString();
  }

  @Test
  void aDashMatchesNothing() {
    assertThat(new NamePattern("-").matches("-")).isFalse();
    assertThat(new NamePattern("~a-.").matches("a-b")).isTrue();
    assertThat(new NamePattern("~a-.").matches("a-")).isFalse();
  }
}
