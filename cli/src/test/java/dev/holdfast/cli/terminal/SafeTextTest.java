package dev.holdfast.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafeTextTest {
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          colour sequence        | a<1b>[31mb           | a␛[31mb
          title sequence         | <1b>]0;x<07>         | ␛]0;x␇
          eight-bit sequence     | a<9b>31mb            | a<fffd>31mb
          backspace              | ab<08>c              | ab␈c
          delete                 | a<7f>b               | a<fffd>b
          right-to-left override | a<202e>b             | a<fffd>b
          isolate                | a<2066>b<2069>c      | a<fffd>b<fffd>c
          invisible tag          | a<e0041>b            | a<fffd>b
          line separator         | a<2028>b             | a<fffd>b
          half of a pair         | a<d83c>b<df0a>c      | a<fffd>b<fffd>c
          ordinary               | Gruß, 海, 🌊, e<301> | Gruß, 海, 🌊, e<301>
          """)
  void showsWhatWouldSteerATerminal(String name, String text, String shown) {
    assertThat(SafeText.lines(characters(text))).isEqualTo(characters(shown));
    assertThat(SafeText.line(characters(text))).isEqualTo(characters(shown));
  }

  @Test
  void keepsLinesWhereLinesAreWanted() {
    assertThat(SafeText.lines("a\tb\r\nc\rd")).isEqualTo("a\tb\nc␍d");
    assertThat(SafeText.line("a\tb\r\nc")).isEqualTo("a b c");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "plain", "🌊🌊", "a\nb"})
  void leavesHarmlessTextAlone(String text) {
    assertThat(SafeText.lines(text)).isEqualTo(text);
  }

  /** Replaces {@code <hex>} by the code point it names. */
  private static String characters(String text) {
    return Pattern.compile("<([0-9a-f]+)>")
        .matcher(text)
        .replaceAll(hex -> Character.toString(Integer.parseInt(hex.group(1), 16)));
  }
}
