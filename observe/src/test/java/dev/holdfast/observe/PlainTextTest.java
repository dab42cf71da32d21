package dev.holdfast.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlainTextTest {
  private static final Pattern UNICODE = Pattern.compile("\\\\u([0-9a-f]{4})");

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # case                      | written            | shown
          plain text stays            | gpt-4.1 mini       | gpt-4.1 mini
          other scripts stay          | \u6a21\u578b \u0645\u0648\u062f       | \u6a21\u578b \u0645\u0648\u062f
          HTML stays text             | <b onclick=x>      | <b onclick=x>
          an escape sequence is dead  | a\\u001b[2Jb       | a\\ufffd[2Jb
          its one-byte form too       | a\\u009b2Jb        | a\\ufffd2Jb
          lines become one            | a\\nb\\tc          | a b c
          nothing runs backwards      | a\\u202eb\\u2066c  | a\\ufffdb\\ufffdc
          nothing hides               | a\\udb40\\udc41b   | a\\ufffdb
          half a pair has no encoding | a\\ud83d!          | a\\ufffd!
          """)
  void showsOnOneLine(String name, String written, String shown) {
    assertThat(PlainText.line(translated(written), 40)).isEqualTo(translated(shown));
  }

  @Test
  void aMegabyteIsCutAndThePairAtTheCutStaysWhole() {
    assertThat(PlainText.line("a".repeat(1 << 20), 40)).isEqualTo("a".repeat(37) + "...");
    assertThat(PlainText.line("a".repeat(36) + "\ud83d\ude00".repeat(9), 40))
        .isEqualTo("a".repeat(36) + "...");
    assertThat(PlainText.line("a".repeat(40), 40)).hasSize(40);
  }

  private static String translated(String text) {
    // translateEscapes leaves these to the compiler.
    return UNICODE
        .matcher(text)
        .replaceAll(found -> Character.toString((char) Integer.parseInt(found.group(1), 16)))
        .translateEscapes();
  }
}
