package dev.holdfast.anthropic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.core.http.HttpRequest;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Runs with supported versions of the SDK, and with one that is not. */
class VersionTest {
  @Test
  void anOldSdkIsNamedWithTheFix() throws NoSuchMethodException {
    if (HttpRequest.class.getMethod("body").getReturnType().equals(Optional.class)) {
      assertThat(HoldfastAnthropicInterceptor.create()).isNotNull();
    } else {
      assertThatThrownBy(HoldfastAnthropicInterceptor::create)
          .hasMessage(
              "anthropic-java: must be 3.0.0 or later, was older; raise the version of"
                  + " com.anthropic:anthropic-java to 3.0.0 or later");
    }
  }
}
