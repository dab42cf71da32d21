package dev.holdfast.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.okhttp.OkHttpClient;
import com.openai.core.http.HttpRequest;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Runs with supported versions of the SDK, and with one that is not. */
class VersionTest {
  @Test
  void anOldSdkIsNamedWithTheFix() {
    try (var http = OkHttpClient.builder().build()) {
      boolean fits =
          Arrays.stream(HttpRequest.class.getMethods())
              .anyMatch(method -> method.getName().equals("url"));
      if (fits) {
        assertThat(HoldfastHttpClient.over(http)).isNotNull();
      } else {
        assertThatThrownBy(() -> HoldfastHttpClient.over(http))
            .hasMessage(
                "openai-java: must be 4.14.0 or later, was older; raise the version of"
                    + " com.openai:openai-java to 4.14.0 or later");
      }
    }
  }
}
