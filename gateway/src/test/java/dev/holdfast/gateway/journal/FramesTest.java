package dev.holdfast.gateway.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an id makes of a block of server-sent events. */
class FramesTest {
  @ParameterizedTest
  @CsvSource({
    "'data: a||', 'data: a|id: 7||'",
    "': c||', ': c|'",
    "'event: x||', ''",
    "': c|event: x||', ': c|'",
    "'event: x|: c|retry: 5|: d||', ': c|: d|'",
    "': c|event: x|data: a||', ': c|event: x|data: a|id: 7||'",
  })
  void ofABlockWithoutDataTheCommentsStay(String block, String expected) {
    for (String end : new String[] {"\n", "\r\n", "\r"}) {
      var written = new StringBuilder();
      for (byte[] piece :
          Frames.withId(block.replace("|", end).getBytes(StandardCharsets.UTF_8), "7")) {
        written.append(new String(piece, StandardCharsets.UTF_8));
      }
      assertThat(written.toString()).isEqualTo(expected.replace("|", end));
    }
  }
}
