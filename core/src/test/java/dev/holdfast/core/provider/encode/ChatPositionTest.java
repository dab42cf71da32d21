package dev.holdfast.core.provider.encode;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.stream.StreamEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChatPositionTest {
  private static final AnswerHead OURS = new AnswerHead("ours", "our-model", 7, false);

  private final BodyPosition position = BodyPosition.of("openai-chat");

  private void passes(String members, String content) {
    String chunk =
        "data: {%s\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}]}\n\n"
            .formatted(members, content);
    byte[] bytes = chunk.getBytes(UTF_8);
    position.passed(bytes, 0, bytes.length, 0);
  }

  private String continued() {
    return new String(
        position.encoder(OURS, "").encode(new StreamEvent.TextDelta(0, "more")), UTF_8);
  }

  /** The first chunk is kept as bytes only where it is short. */
  @ParameterizedTest
  @ValueSource(ints = {1, 300, 5000})
  void aContinuationHasWhatTheFirstChunkRepeats(int length) {
    passes(
        "\"id\":\"c-1\",\"created\":5,\"model\":\"m-1\",\"system_fingerprint\":\"fp_1\",",
        "a".repeat(length));
    passes("\"id\":\"c-2\",\"created\":6,\"model\":\"m-2\",\"system_fingerprint\":\"fp_2\",", "b");
    assertThat(continued())
        .contains("\"c-1\"", "\"created\":5", "\"m-1\"", "\"fp_1\"", "more")
        .doesNotContain("c-2", "fp_2", "ours", "our-model");
  }

  @Test
  void namesThatComeLateAreTaken() {
    passes("\"id\":\"c-1\",", "a");
    passes("\"model\":\"m-1\",", "b");
    assertThat(continued()).contains("\"c-1\"", "\"m-1\"", "\"created\":7");
  }
}
