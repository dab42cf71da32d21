package dev.holdfast.gateway.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SharedRedactorsTest {
  private static final List<String> ONE = List.of("canary-of-one-client");

  private final SharedRedactors shared = new SharedRedactors();

  @Test
  void streamsWithTheSameSecretsShareOne() {
    var first = shared.of(ONE);
    assertThat(shared.of(List.copyOf(ONE))).isSameAs(first);
    assertThat(shared.of(List.of())).isNotSameAs(first);
  }

  /** More secrets than there are places: each redactor still removes its own. */
  @Test
  void noStreamReceivesTheRedactorOfAnother() {
    for (int i = 0; i < 2_000; i++) {
      String secret = "canary-of-client-" + i;
      assertThat(shared.of(List.of(secret)).text("the key " + secret + " is wrong"))
          .isEqualTo("the key (removed) is wrong");
    }
  }
}
