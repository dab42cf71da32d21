package dev.holdfast.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class JsonLineTest {
  @Test
  void writesMembersInTheOrderTheyWereAdded() {
    var line =
        JsonLine.of("x")
            .with("text", "a")
            .with("none", (String) null)
            .with("number", -1)
            .with("truth", true)
            .with("inner", new JsonLine().with("a", 1))
            .with("texts", List.of("a", "b"))
            .withAll("lines", List.of(new JsonLine(), new JsonLine().with("b", 2)));
    assertThat(line)
        .hasToString(
            "{\"event\":\"x\",\"text\":\"a\",\"none\":null,\"number\":-1,\"truth\":true,"
                + "\"inner\":{\"a\":1},\"texts\":[\"a\",\"b\"],\"lines\":[{},{\"b\":2}]}");
  }

  @Test
  void escapesWhatJsonForbidsAndWhatSteersATerminal() {
    var line = new JsonLine().with("t", "\"\\\n\r\t\u001b\u009b\u202e\uD83C海🌊");
    assertThat(line).hasToString("{\"t\":\"\\\"\\\\\\n\\r\\t\\u001b\\u009b\\u202e\\ud83c海🌊\"}");
  }

  @Test
  void anInvisibleTagIsEscapedAsItsPair() {
    assertThat(new JsonLine().with("t", "\uDB40\uDC41")).hasToString("{\"t\":\"\\udb40\\udc41\"}");
  }
}
