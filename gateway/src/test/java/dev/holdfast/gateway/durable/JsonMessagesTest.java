package dev.holdfast.gateway.durable;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies of JSON, and what is stored of them. */
class JsonMessagesTest {
  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "1 | 1 | 1",
        "[] | 0 | ``",
        " [ 1 , 2.50e+3,-0 ] | 3 | 1,2.50e+3,-0",
        "[true,false , null] | 3 | true,false,null",
        "[\"a\\\"b\", \"\\u00e9\",\"é😀\"] | 3 | \"a\\\"b\",\"\\u00e9\",\"é😀\"",
        "[{\"a\": [1, 2]} , [[]],{}] | 3 | {\"a\": [1, 2]},[[]],{}",
        "{\"a\":1} | 1 | {\"a\":1}",
        "\uFEFF[1, 2] | 2 | 1,2",
        "\"é\" | 1 | \"é\"",
      })
  void valuesAreKeptAsTheyWereWritten(String body, int count, String stored) {
    var values = Objects.requireNonNull(JsonMessages.values(bytes(body)));
    assertThat(values.count()).isEqualTo(count);
    assertThat(StandardCharsets.UTF_8.decode(values.joined()).toString()).isEqualTo(stored);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", " ", "[", "[1,]", "[1] 2", "{\"a\"}", "'a'", "[1,,2]", "\u0000[\u0000]"})
  void whatIsNoJsonIsNoValue(String body) {
    assertThat(JsonMessages.values(bytes(body))).isNull();
  }

  @Test
  void bytesThatAreNoTextAreNoValue() {
    assertThat(JsonMessages.values(ByteBuffer.wrap(new byte[] {'"', (byte) 0xC3, '"'}))).isNull();
    assertThat(JsonMessages.values(ByteBuffer.wrap(new byte[] {'"', (byte) 0xFF, '"'}))).isNull();
  }

  @Test
  void onlyTheFirstValuesAreJoined() {
    var values = Objects.requireNonNull(JsonMessages.values(bytes("[1,22,333]"), 2));
    assertThat(values.count()).isEqualTo(3);
    assertThat(values.joined()).isEqualTo(bytes("1,22"));
  }

  @Test
  void storedValuesAreAnArray() {
    assertThat(JsonMessages.array(List.of())).isEqualTo(bytes("[]"));
    assertThat(JsonMessages.array(List.of(bytes("1")))).isEqualTo(bytes("[1]"));
    assertThat(JsonMessages.array(List.of(bytes("1,2"), bytes("{}"), bytes("3"))))
        .isEqualTo(bytes("[1,2,{},3]"));
  }

  /** In a JVM whose heap has no room for a text of each value, nor for a second array. */
  @Test
  @Timeout(300)
  void manySmallValuesTakeNoMoreMemoryThanTheyAreLong() throws Exception {
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                ManyValues.class.getName())
            .redirectErrorStream(true)
            .start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(printed).isZero();
    assertThat(printed).isEqualTo(ManyValues.COUNT + " " + (2 * ManyValues.COUNT + 1));
  }

  /** Reads a body of many small values, and writes it. */
  static final class ManyValues {
    static final int COUNT = 8 << 20;

    private ManyValues() {}

    /** Prints how many there are, and how long they are as stored. */
    public static void main(String... arguments) {
      byte[] body = new byte[2 * COUNT + 1];
      for (int i = 0; i < body.length; i++) {
        body[i] = (byte) (i % 2 == 0 ? ',' : '1');
      }
      body[0] = '[';
      body[body.length - 1] = ']';
      var values = Objects.requireNonNull(JsonMessages.values(ByteBuffer.wrap(body)));
      var array = JsonMessages.array(List.of(values.joined()));
      System.out.print(values.count() + " " + array.remaining());
    }
  }
}
