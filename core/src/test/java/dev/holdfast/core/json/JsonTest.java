package dev.holdfast.core.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** JSON text to values and back. */
class JsonTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"b\":1,\"a\":[true,false,null]}",
        "[1.0,1e400,-0,12345678901234567890123,1.50E-3]",
        "\"é漢😀\"",
        "\"\\\"\\\\\\n\\r\\t\\u0001\\ud83d\"",
        "{\"\":{}}",
      })
  void writesWhatItRead(String text) throws Exception {
    assertThat(Json.parse(text).write()).isEqualTo(text);
  }

  @Test
  void theLastOfMembersWithOneNameCounts() throws Exception {
    assertThat(Json.parse("{\"a\":1,\"b\":2,\"a\":3}").write()).isEqualTo("{\"a\":3,\"b\":2}");
  }

  @Test
  void readsValuesOneAfterAnother() throws Exception {
    byte[] bytes = "{} {\"a\":1}[2]".getBytes(StandardCharsets.UTF_8);
    assertThat(Json.parseAll(bytes, 0, bytes.length)).hasSize(3);
    assertThat(Json.parseAll(bytes, 3, 7)).containsExactly(Json.parse("{\"a\":1}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          {"a":tru} | 5
          {"a" 1}   | 5
          [1,]      | 3
          """)
  void reportsWhereItBroke(String text, long offset) {
    assertThatThrownBy(() -> Json.parse(text))
        .isInstanceOfSatisfying(
            Json.MalformedException.class,
            e -> {
              assertThat(e.offset()).isEqualTo(offset);
              assertThat(e.isLimit()).isFalse();
            })
        .hasMessageMatching("JSON: must be well-formed, was broken at byte \\d+ of \\d+");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "{} {}", "{", "\"\u0001\"", "\"\\q\"", "NaN", "'a'", "\ud83d"})
  void refusesWhatIsNotOneValue(String text) {
    assertThatThrownBy(() -> Json.parse(text)).isInstanceOf(Json.MalformedException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "null, false", "false, false", "true, true", "0, false", "0.00, false", "0e5, false",
    "-0.1, true", "10, true", "'\"\"', false", "'\"x\"', true", "'{}', false", "'[]', false",
    "'[0]', true"
  })
  void aValueIsPresentUnlessNullFalseZeroOrEmpty(String text, boolean says) throws Exception {
    assertThat(Json.parse(text).hasValue()).isEqualTo(says);
  }

  @ParameterizedTest
  @CsvSource({
    "5, 5",
    "-5, -5",
    "999999999999999999, 999999999999999999",
    "1000000000000000000, -7",
    "1.0, -7",
    "1e3, -7"
  })
  void onlyWholeNumbersOfEighteenDigitsAreNumbers(String text, long expected) {
    assertThat(new Json.Num(text).whole(-7)).isEqualTo(expected);
  }

  @Test
  void noStringBreaksALineOfJsonLines() throws Exception {
    String text = "a\u0085b\u2028c\u2029d\n\r\f\u000be";
    String written = new Json.Str(text).write();

    assertThat(written).isEqualTo("\"a\\u0085b\\u2028c\\u2029d\\n\\r\\u000c\\u000be\"");
    assertThat(Json.parse(written)).isEqualTo(new Json.Str(text));
  }
}
