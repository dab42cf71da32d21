package dev.holdfast.core.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class Utf8Test {
  @ParameterizedTest
  @CsvSource({
    "80, 1",
    "C0AF, 2",
    "E08080, 3",
    "EDA080, 3",
    "EDBFBF, 3",
    "EDA080EDB080, 6",
    "F08080, 3",
    "F09F8C, 1",
    "F09F8CF09F8C8D, 1",
    "F4908080, 4",
    "F5808080, 4",
    "E282, 1",
    "E282E2, 2",
    "EFBFBD, 0",
    "F09F8C8D, 0",
    "FEFF, 2"
  })
  void replacementsAreOnePerMaximalSubpart(String hex, int replacements) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    assertThat(Utf8.countReplacements(bytes, 0, bytes.length)).isEqualTo(replacements);
    assertThat(Utf8.decodeLossy(bytes, 0, bytes.length))
        .isEqualTo(ReferenceUtf8.decode(bytes).text());
  }

  /** Every lead byte with every edge of the ranges that follow it. */
  @Test
  void everyShortSequenceDecodesAsInTheStandard() {
    int[] edges = {
      0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xDF, 0xE0, 0xED, 0xEF, 0xF0,
      0xF4, 0xF5, 0xFF
    };
    for (int lead = 0; lead < 256; lead++) {
      for (int second : edges) {
        for (int third : edges) {
          for (int fourth : edges) {
            byte[] bytes = {(byte) lead, (byte) second, (byte) third, (byte) fourth};
            ReferenceUtf8.Decoded expected = ReferenceUtf8.decode(bytes);
            if (Utf8.countReplacements(bytes, 0, 4) != expected.replacements()
                || !Utf8.decodeLossy(bytes, 0, 4).equals(expected.text())) {
              throw new AssertionError("differs for " + HexFormat.of().formatHex(bytes));
            }
          }
        }
      }
    }
  }

  @Test
  void partsOfAnArrayAreDecodedAlone() {
    byte[] bytes = "é0123456789é".getBytes(StandardCharsets.UTF_8);
    assertThat(Utf8.decodeLossy(bytes, 1, bytes.length - 2)).isEqualTo("\uFFFD0123456789\uFFFD");
    assertThat(Utf8.decodeLossy(bytes, 2, 10)).isEqualTo("0123456789");
    assertThat(Utf8.decodeLossy(bytes, 2, 0)).isEmpty();
  }
}
