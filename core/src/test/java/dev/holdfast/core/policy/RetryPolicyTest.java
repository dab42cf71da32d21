package dev.holdfast.core.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryPolicyTest {
  @ParameterizedTest
  @CsvSource({"0, 3", "1, 2", "2, 1", "3, 1", "100, 1"})
  void aSendersOwnRetriesAreTakenOff(int retries, int attempts) {
    assertThat(RetryPolicy.DEFAULT.withSenderRetries(retries).maxAttempts()).isEqualTo(attempts);
  }

  @Test
  void aSenderCannotHaveRetriedLessThanNever() {
    assertThatThrownBy(() -> RetryPolicy.DEFAULT.withSenderRetries(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("retries: must not be negative, was -1");
  }
}
