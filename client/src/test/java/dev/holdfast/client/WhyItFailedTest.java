package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.client.failure.ExceptionText;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.RungRefusal;
import dev.holdfast.core.stream.StreamEvent;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an answer that is not complete reports of itself, to every kind of caller the same. */
@Timeout(120)
final class WhyItFailedTest {
  private static final ChatRequest REQUEST =
      ChatRequest.to("gpt-4.1").user("Tell me about the harbour.").build();

  private static final String REJECTION =
      """
      {"error":{"message":"No such model.\\nAsk for another one.","type":"invalid_request_error",\
      "code":"model_not_found"}}\
      """;

  private static final String WORDS =
      "The harbour master counted the ships that had left in the morning and wrote their names down,"
          + " one under the other, in a book with a blue cover.";

  private static RawServer rejecting() throws IOException {
    return new RawServer(socket ->
        RawServer.send(
            socket,
            "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n"
                + "X-Request-Id: req_0123abc\r\nContent-Length: "
                + REJECTION.length()
                + "\r\n\r\n"
                + REJECTION));
  }

  /** Sends some text, then ends the connection inside the body. */
  private static RawServer breaking() throws IOException {
    return new RawServer(socket ->
        RawServer.send(
            socket,
            RawServer.CHUNKED.replace("\r\n\r\n", "\r\nrequest-id: req_77\r\n\r\n")
                + RawServer.chunk(
                    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
                        + WORDS
                        + "\"}}]}\n\n")));
  }

  private static Holdfast client(RawServer server, Rung... rungs) {
    return Holdfast.builder()
        .upstream(
            Upstream.of("openai-chat", server.uri().resolve("/v1").toString(), "key")
                .withCapability(new Capability(List.of(rungs), Prefill.PLAIN)))
        .policy(StreamPolicy.DEFAULT.withRetry(quick()))
        .build();
  }

  private static RetryPolicy quick() {
    return new RetryPolicy(2, 2, Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofMillis(10));
  }

  @Test
  void aRejectionIsNamedWithStatusSentenceAndRequestId() throws Exception {
    try (var server = rejecting();
        var client = client(server);
        var stream = client.stream(REQUEST)) {
      var failed = catchThrowableOfType(ProviderException.class, stream::text);
      assertThat(failed.httpStatus()).hasValue(404);
      assertThat(failed.providerMessage()).contains("No such model. Ask for another one.");
      assertThat(failed.requestId()).contains("req_0123abc");
      assertThat(failed.stoppedBy()).isEmpty();
      assertThat(failed.attempts()).hasSize(1);
      assertThat(failed.attempts().getFirst().requestId()).isEqualTo("req_0123abc");
      assertThat(failed)
          .hasMessageStartingWith("rejected: ")
          .hasMessageContaining("404")
          .hasMessageContaining("the provider wrote: \"No such model. Ask for another one.\"")
          .hasMessageContaining("request id: req_0123abc")
          .hasMessageContaining("attempts: 1");
      assertThat(stream.outcome().exactness()).isEqualTo(Exactness.PREFIX);
      assertThat(stream.outcome().toString())
          .startsWith("Outcome[FAILED rejected: ")
          .doesNotContain("UNBROKEN");
    }
  }

  @Test
  void theSentenceIsCutAndOnOneLine() throws Exception {
    String long300 = "x".repeat(400);
    String body = "{\"error\":{\"message\":\"a\\u202eb\\r\\n" + long300 + "\"}}";
    try (var server =
            new RawServer(socket ->
                RawServer.send(
                    socket,
                    "HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\nx-request-id: "
                        + "<script>\r\nContent-Length: "
                        + body.length()
                        + "\r\n\r\n"
                        + body));
        var client = client(server);
        var stream = client.stream(REQUEST)) {
      var failed = catchThrowableOfType(ProviderException.class, stream::text);
      assertThat(failed.providerMessage().orElseThrow())
          .hasSize(ExceptionText.MAX_SENTENCE)
          .startsWith("a b x")
          .endsWith("\u2026");
      assertThat(failed.requestId()).isEmpty(); // It is no id.
      assertThat(failed.getMessage()).doesNotContain("\n").doesNotContain("<script>");
    }
  }

  @Test
  void aBrokenConnectionNamesTheRuleAgainstEachRung() throws Exception {
    try (var server = breaking();
        var client = client(server, Rung.REPLAY);
        var stream = client.stream(REQUEST)) {
      Outcome outcome = stream.outcome();
      assertThat(outcome.text()).isEqualTo(WORDS);
      assertThat(outcome.cause()).contains(Cause.CONNECTION_LOST);
      assertThat(outcome.stoppedBy()).contains(Cause.NO_RUNG);
      assertThat(outcome.exactness()).isEqualTo(Exactness.PREFIX);
      assertThat(outcome.refusals()).extracting(RungRefusal::rung).containsExactly(Rung.REPLAY);
      assertThat(outcome.refusals())
          .extracting(RungRefusal::rule)
          .containsExactly("the request has neither temperature 0 nor a seed");
      assertThat(outcome.toString())
          .contains("TRUNCATED connection-lost: ", "stopped by no-rung")
          .doesNotContain("UNBROKEN")
          .doesNotContain("EXACT");
      var failed = catchThrowableOfType(IncompleteStreamException.class, outcome::requireComplete);
      assertThat(failed.stoppedBy()).contains(Cause.NO_RUNG);
      assertThat(failed.refusals()).isEqualTo(outcome.refusals());
      assertThat(failed.requestId()).contains("req_77");
      assertThat(failed.httpStatus()).isEmpty();
      assertThat(failed)
          .hasMessageContaining("recovery stopped by: no-rung")
          .hasMessageContaining("characters delivered: " + WORDS.length())
          .hasMessageContaining("replay (the request has neither temperature 0 nor a seed)");
      assertThat(failed.getMessage()).doesNotContain("harbour");
    }
  }

  @Test
  void anExactPolicyNamesTheRungsItForbids() throws Exception {
    try (var server = breaking();
        var client =
            Holdfast.builder()
                .upstream(
                    Upstream.of("openai-chat", server.uri().resolve("/v1").toString(), "key")
                        .withCapability(
                            new Capability(List.of(Rung.PREFILL, Rung.ANCHOR), Prefill.PLAIN)))
                .policy(
                    StreamPolicy.DEFAULT.withRecovery(
                        StreamPolicy.DEFAULT.recovery().withRequireExact(true)))
                .build();
        var stream = client.stream(REQUEST)) {
      assertThat(stream.outcome().refusals())
          .extracting(RungRefusal::rule)
          .containsExactly("an exact answer is required", "an exact answer is required");
    }
  }

  @Test
  void thePublisherHandsOnTheSame() throws Exception {
    try (var server = breaking();
        var client = client(server, Rung.REPLAY)) {
      var error = new CompletableFuture<Throwable>();
      client
          .publisher(REQUEST)
          .subscribe(
              new Flow.Subscriber<StreamEvent>() {
                @Override
                public void onSubscribe(Flow.Subscription subscription) {
                  subscription.request(Long.MAX_VALUE);
                }

                @Override
                public void onNext(StreamEvent event) {}

                @Override
                public void onError(Throwable failed) {
                  error.complete(failed);
                }

                @Override
                public void onComplete() {
                  error.completeExceptionally(new AssertionError("complete"));
                }
              });
      assertThat(error.get(60, TimeUnit.SECONDS))
          .isInstanceOfSatisfying(
              IncompleteStreamException.class,
              failed -> {
                assertThat(failed.stoppedBy()).contains(Cause.NO_RUNG);
                assertThat(failed.refusals()).hasSize(1);
                assertThat(failed.requestId()).contains("req_77");
              });
    }
  }

  @Test
  void aCheckedBodyHasTheProvidersSentence() throws Exception {
    String body =
        "data: {\"error\":{\"message\":\"Out of capacity.\",\"type\":\"overloaded_error\"}}\n\n";
    try (var in =
        Holdfast.check(
            new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)), "openai-chat")) {
      var failed = catchThrowableOfType(ProviderException.class, in::readAllBytes);
      assertThat(failed.providerMessage()).contains("Out of capacity.");
      assertThat(failed).hasMessageContaining("the provider wrote: \"Out of capacity.\"");
      assertThat(failed.attempts()).isEmpty();
      assertThat(failed.refusals()).isEmpty();
    }
  }

  @Test
  void theAccessorsOutliveSerialisation() throws Exception {
    try (var server = rejecting();
        var client = client(server);
        var stream = client.stream(REQUEST)) {
      var failed = catchThrowableOfType(ProviderException.class, stream::text);
      var bytes = new ByteArrayOutputStream();
      try (var out = new ObjectOutputStream(bytes)) {
        out.writeObject(failed);
      }
      try (var in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
        var again = (ProviderException) in.readObject();
        assertThat(again.httpStatus()).hasValue(404);
        assertThat(again.requestId()).contains("req_0123abc");
        assertThat(again.providerMessage()).isEqualTo(failed.providerMessage());
        assertThat(again.attempts()).isEmpty();
      }
    }
  }
}
