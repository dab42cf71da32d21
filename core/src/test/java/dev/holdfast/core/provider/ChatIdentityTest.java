package dev.holdfast.core.provider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.shared.ChatIdentity;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChatIdentityTest {
  private final ChatIdentity identity = new ChatIdentity();

  private ChatIdentity.Kin read(String id, int choice, String delta) throws Exception {
    var json =
        Json.parse(
            "{\"id\":\"%s\",\"choices\":[{\"index\":%d,\"delta\":{%s}}]}"
                .formatted(id, choice, delta));
    var chunk = (Json.Obj) json;
    var choices = chunk.array("choices");
    return identity.read(chunk, choices == null ? List.of() : choices.items(), true);
  }

  /** A second role of one choice, with another id, is another answer; one of another choice not. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 63, 64, 65, 1000, -1})
  void aSecondRoleIsOfItsChoice(int choice) throws Exception {
    String role = "\"role\":\"assistant\",\"content\":\"a\"";
    assertThat(read("one", choice, role)).isEqualTo(ChatIdentity.Kin.SAME);
    assertThat(read("one", choice, "\"content\":\"b\"")).isEqualTo(ChatIdentity.Kin.SAME);
    assertThat(read("two", choice + 64, role)).isEqualTo(ChatIdentity.Kin.SAME);
    assertThat(read("three", choice, role)).isEqualTo(ChatIdentity.Kin.OTHER);
  }
}
