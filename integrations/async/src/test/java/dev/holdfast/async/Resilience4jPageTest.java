package dev.holdfast.async;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.ProviderException;
import dev.holdfast.client.StreamException;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Cause;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.BulkheadFullException;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.timelimiter.TimeLimiter;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** The examples of docs/resilience4j.md, word for word between the tags, compiled and run. */
final class Resilience4jPageTest {
  private final ChatRequest request = ChatRequest.to("gpt-4.1").user("Tell a story").build();

  // tag::ask[]
  static String ask(Holdfast holdfast, ChatRequest request) {
    try (var stream = holdfast.stream(request)) {
      return stream.text();
    }
  }

  // end::ask[]

  @Test
  void anOpenBreakerSparesTheProvider() {
    var once = StreamPolicy.DEFAULT.withRetry(RetryPolicy.NONE);
    String outage = "status@code=503";
    try (var server = Served.with(outage, outage, outage, outage);
        var holdfast = Served.client(server, once)) {
      // tag::breaker[]
      var breaker =
          CircuitBreaker.of(
              "answers",
              CircuitBreakerConfig.custom()
                  .slidingWindowSize(4)
                  .minimumNumberOfCalls(4)
                  // A cancelled stream is no failure of the provider.
                  .recordException(
                      e -> e instanceof StreamException failed && failed.cause() != Cause.CANCELLED)
                  .build());
      var guarded = CircuitBreaker.decorateSupplier(breaker, () -> ask(holdfast, request));
      // end::breaker[]
      for (int i = 0; i < 4; i++) {
        assertThatThrownBy(guarded::get).isInstanceOf(StreamException.class);
      }
      int asked = server.received().size();
      assertThatThrownBy(guarded::get).isInstanceOf(CallNotPermittedException.class);
      assertThat(server.received()).hasSize(asked);
    }
  }

  @Test
  void oneOfTheTwoRepeats() {
    try (var server = Served.with("status@code=503", "cut-rst@token=6")) {
      // tag::retry[]
      // Holdfast continues what broke; only resilience4j repeats what brought nothing.
      var policy = StreamPolicy.DEFAULT.withRetry(RetryPolicy.DEFAULT.withMaxAttempts(1));
      var retry =
          Retry.of(
              "answers",
              RetryConfig.custom()
                  .maxAttempts(3)
                  .waitDuration(Duration.ofMillis(100))
                  .retryOnException(
                      e -> e instanceof ProviderException failed && failed.partialText().isEmpty())
                  .build());
      // end::retry[]
      try (var holdfast = Served.client(server, policy)) {
        assertThat(retry.executeSupplier(() -> ask(holdfast, request))).isEqualTo(Served.STORY);
        assertThat(retry.getMetrics().getNumberOfSuccessfulCallsWithRetryAttempt()).isEqualTo(1);
      }
    }
  }

  @Test
  void aBulkheadBoundsTheStreamsAtATime() {
    try (var server = Served.with();
        var holdfast = Served.client(server)) {
      // tag::bulkhead[]
      var bulkhead =
          Bulkhead.of(
              "answers",
              BulkheadConfig.custom().maxConcurrentCalls(1).maxWaitDuration(Duration.ZERO).build());
      var bounded = Bulkhead.decorateSupplier(bulkhead, () -> ask(holdfast, request));
      // end::bulkhead[]
      assertThat(bounded.get()).isEqualTo(Served.STORY);
      bulkhead.acquirePermission();
      assertThatThrownBy(bounded::get).isInstanceOf(BulkheadFullException.class);
    }
  }

  @Test
  void aTimeLimitClosesTheConnection() throws Exception {
    try (var server = Served.with("stall@token=9,for=1h");
        var holdfast = Served.client(server);
        var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      // tag::limiter[]
      var limiter = TimeLimiter.of(Duration.ofMillis(500)); // It interrupts the reader.
      assertThatThrownBy(() ->
              limiter.executeFutureSupplier(() -> executor.submit(() -> ask(holdfast, request))))
          .isInstanceOf(TimeoutException.class);
      // end::limiter[]
      assertThat(server.awaitEnded(1, Duration.ofSeconds(20))).isTrue();
    }
  }
}
