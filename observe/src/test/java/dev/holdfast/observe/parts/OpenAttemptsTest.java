package dev.holdfast.observe.parts;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OpenAttemptsTest {
  private final OpenAttempts<String> attempts = new OpenAttempts<>("nobody yet");

  @Test
  void theLastOneOpenedAnswers() {
    assertThat(attempts.current()).isEqualTo("nobody yet");
    attempts.opened(1, "east");
    assertThat(attempts.received(1)).isEqualTo("east");
    assertThat(attempts.closed(1)).isEqualTo("east");
    attempts.opened(2, "west");
    assertThat(attempts.current()).isEqualTo("west");
    // What the first one left in the pipe changes nothing.
    assertThat(attempts.received(1)).isEqualTo("west");
  }

  @Test
  void ofTwoTheOneThatIsReceivedAnswers() {
    attempts.opened(1, "east");
    attempts.opened(2, "hedge");
    assertThat(attempts.current()).isEqualTo("hedge");
    assertThat(attempts.received(1)).isEqualTo("east");
    assertThat(attempts.closed(2)).isEqualTo("hedge");
    assertThat(attempts.current()).isEqualTo("east");
  }

  @Test
  void theOneThatIsLeftAnswersWhenTheOtherIsOver() {
    attempts.opened(1, "east");
    attempts.opened(2, "hedge");
    assertThat(attempts.closed(2)).isEqualTo("hedge");
    assertThat(attempts.current()).isEqualTo("east");
    assertThat(attempts.closed(1)).isEqualTo("east");
    assertThat(attempts.current()).isEqualTo("east");

    attempts.opened(3, "third");
    attempts.opened(4, "fourth");
    assertThat(attempts.closed(3)).isEqualTo("third");
    assertThat(attempts.current()).isEqualTo("fourth");
  }
}
