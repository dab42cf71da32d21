package dev.holdfast.client.relay;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.client.IncompleteStreamException;
import dev.holdfast.client.StreamTimeoutException;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.RungRefusal;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests of java.net.http, whose bodies are healed. */
class StreamRelayTest {
  private static final String STORY =
      "The harbour master counted the ships that had left in the morning and wrote their names "
          + "down, one under the other, in a book with a blue cover. When the storm had passed "
          + "she counted again. Two were missing.";

  private static final String CHAT =
      "{\"model\":\"gpt-4.1\",\"stream\":true,\"temperature\":0,"
          + "\"messages\":[{\"role\":\"user\",\"content\":\"Tell me about the harbour.\"}]}";

  private final List<AutoCloseable> open = new ArrayList<>();
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<String> warnings = new ArrayList<>();

  @BeforeEach
  void closeClientLast() {
    open.add(http::shutdownNow);
  }

  @AfterEach
  void closeAll() throws Exception {
    for (var resource : open.reversed()) {
      resource.close();
    }
  }

  private FaultServer server(String... attempts) {
    var server =
        FaultServer.builder().answer(Answer.ofText(STORY)).script(Script.of(attempts)).start();
    open.add(server);
    return server;
  }

  /** One exchange of the host's. */
  private record Sent(HttpResponse<InputStream> response) implements BackgroundExchange.Response {
    @Override
    public ResponseHead head() {
      return new ResponseHead(response.statusCode(), response.headers().map());
    }

    @Override
    public InputStream body() {
      return response.body();
    }

    @Override
    public void close() {
      try {
        response.body().close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private Sent send(URI uri, String body) throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(uri)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return new Sent(http.send(request, HttpResponse.BodyHandlers.ofInputStream()));
  }

  private RelayExchange again(Transport.Request request) {
    return BackgroundExchange.start(() -> send(request.uri(), request.body()));
  }

  private StreamRelay.Builder relay() {
    return StreamRelay.builder().warnings(warnings::add);
  }

  private InputStream whole(StreamRelay relay, FaultServer server, String path, String body)
      throws Exception {
    URI uri = URI.create(server.baseUrl() + path);
    var sent = send(uri, body);
    var request = new RelayedRequest("POST", uri, Map.of(), body);
    var whole =
        relay
            .body(request, sent.head(), BackgroundExchange.of(sent), this::again)
            .orElseGet(sent::body);
    open.add(whole);
    return whole;
  }

  private static String read(InputStream body) throws IOException {
    return new String(body.readAllBytes(), StandardCharsets.UTF_8);
  }

  private static final Pattern CONTENT = Pattern.compile("\"content\":\"([^\"]+)\"");

  static String text(String body) {
    return CONTENT.matcher(body).results().map(piece -> piece.group(1)).collect(joining());
  }

  @Test
  void aHealthyBodyIsTheServersByteForByte() throws Exception {
    var server = server();
    var uri = URI.create(server.baseUrl() + "/chat/completions");
    var sent = send(uri, CHAT);
    byte[] plain = sent.body().readAllBytes();
    var replayed =
        new BackgroundExchange.Response() {
          @Override
          public ResponseHead head() {
            return sent.head();
          }

          @Override
          public InputStream body() {
            return new ByteArrayInputStream(plain);
          }

          @Override
          public void close() {
            sent.close();
          }
        };
    var request = new RelayedRequest("POST", uri, Map.of(), CHAT);
    try (var whole =
        relay()
            .build()
            .body(request, sent.head(), BackgroundExchange.of(replayed), this::again)
            .orElseThrow()) {
      assertThat(whole.readAllBytes()).isEqualTo(plain);
    }
    assertThat(text(new String(plain, StandardCharsets.UTF_8))).isEqualTo(STORY);
    assertThat(server.received()).hasSize(1);
  }

  @Test
  void aBrokenBodyIsHealed() throws Exception {
    // No reset: on a busy machine that takes the head with it, and the host has no response.
    var server = server("cut-fin@token=15");
    String relayed = read(whole(relay().build(), server, "/chat/completions", CHAT));
    assertThat(text(relayed)).isEqualTo(STORY);
    assertThat(relayed).endsWith("data: [DONE]\n\n");
    assertThat(server.received()).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/chat/completions | {\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
        "/models | {\"stream\":true}",
        "/chat/completions | no JSON",
      })
  void whatAsksForNoStreamIsNotAccepted(String path, String body) {
    var uri = URI.create("http://127.0.0.1:1/v1" + path);
    var request = new RelayedRequest("POST", uri, Map.of(), body);
    var head = new ResponseHead(200, Map.of());
    var exchange = BackgroundExchange.start(() -> send(uri, body));
    assertThat(relay().build().body(request, head, exchange, this::again)).isEmpty();
    assertThat(warnings).isEmpty();
    exchange.abort();
  }

  @Test
  void aRefusalPassesUntouchedAndIsNotRetried() throws Exception {
    var server = server("status@code=429,retry-after=1s");
    String body = read(whole(relay().build(), server, "/chat/completions", CHAT));
    assertThat(body).contains("error");
    assertThat(server.received()).hasSize(1);
  }

  @Test
  void aRequestThatCannotBeReadTwiceIsNamedOnce() {
    var uri = URI.create("http://127.0.0.1:1/v1/chat/completions");
    var request = new RelayedRequest("POST", uri, Map.of(), null);
    var relay = relay().build();
    var head = new ResponseHead(200, Map.of());
    for (int i = 0; i < 3; i++) {
      var exchange = BackgroundExchange.start(() -> send(uri, ""));
      assertThat(relay.body(request, head, exchange, this::again)).isEmpty();
      exchange.abort();
    }
    assertThat(warnings)
        .containsExactly(
            "request body: must be readable twice so that an answer can be continued, was not;"
                + " streams of such requests pass as they are");
  }

  @Test
  void aCompressedBodyIsNamedOnceAndPassesUntouched() throws Exception {
    byte[] bytes = whole(relay().build(), server("gzip"), "/chat/completions", CHAT).readAllBytes();
    assertThat(bytes[0]).isEqualTo((byte) 0x1f);
    assertThat(warnings).hasSize(1).allMatch(sentence -> sentence.contains("was gzip"));
  }

  @Test
  void anAnswerThatCannotBeHadIsTheProtocolsErrorAndThenAnException() throws Exception {
    var none = new Capability(List.of(), Prefill.PLAIN);
    var relay = relay().capability(none).build();
    var body = whole(relay, server("end-early@token=9"), "/chat/completions", CHAT);
    var text = new StringBuilder();
    assertThatThrownBy(
            () -> {
              byte[] piece = new byte[64];
              for (int n = body.read(piece); n >= 0; n = body.read(piece)) {
                text.append(new String(piece, 0, n, StandardCharsets.UTF_8));
              }
            })
        .isInstanceOf(IOException.class)
        .hasCauseInstanceOf(IncompleteStreamException.class)
        .hasMessageStartingWith("truncated: ");
    assertThat(text.toString()).contains("\"code\":\"truncated\"").doesNotContain("[DONE]");
  }

  @Test
  void theExceptionOfARelayedBodyNamesWhyItWasNotMended() throws Exception {
    var prefill = new Capability(List.of(Rung.PREFILL), Prefill.PLAIN);
    var exact = StreamPolicy.DEFAULT.recovery().withRequireExact(true);
    var relay =
        relay().capability(prefill).policy(StreamPolicy.DEFAULT.withRecovery(exact)).build();
    var body = whole(relay, server("end-early@token=9"), "/chat/completions", CHAT);
    assertThatThrownBy(body::readAllBytes)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("recovery stopped by: no-rung")
        .hasMessageNotContaining("characters delivered: 0")
        .cause()
        .isInstanceOfSatisfying(
            IncompleteStreamException.class,
            failed -> {
              assertThat(failed.stoppedBy()).contains(Cause.NO_RUNG);
              assertThat(failed.refusals()).extracting(RungRefusal::rung).contains(Rung.PREFILL);
              assertThat(failed.attempts()).hasSize(1);
            });
  }

  @Test
  void aHostThatCannotThrowGetsTheProtocolsErrorAlone() throws Exception {
    var none = new Capability(List.of(), Prefill.PLAIN);
    var relay = relay().capability(none).throwsAtEnd(false).build();
    String body = read(whole(relay, server("end-early@token=9"), "/chat/completions", CHAT));
    assertThat(body).contains("\"code\":\"truncated\"").doesNotContain("[DONE]");
  }

  @Test
  void silenceEndsByTheClockAndIsNamed() throws Exception {
    var policy =
        StreamPolicy.DEFAULT
            .withTimeouts(Timeouts.DEFAULT.withIdle(Duration.ofMillis(200)))
            .withRetry(RetryPolicy.NONE);
    var relay = relay().policy(policy).build();
    var body = whole(relay, server("stall@token=9"), "/chat/completions", CHAT);
    assertThatThrownBy(body::readAllBytes).hasCauseInstanceOf(StreamTimeoutException.class);
  }

  @Test
  void closingFromAnotherThreadWakesTheReaderAndClosesTheSocket() throws Exception {
    var server = server("stall@token=9");
    var body = whole(relay().build(), server, "/chat/completions", CHAT);
    var failed = new ArrayList<Exception>();
    var reader =
        Thread.ofVirtual()
            .start(() -> {
              try {
                byte[] unused = body.readAllBytes();
              } catch (IOException e) {
                failed.add(e);
              }
            });
    while (server.streamsUnderWay() == 0) {
      Thread.onSpinWait();
    }
    body.close();
    reader.join();
    assertThat(failed).hasSize(1);
    assertThat(server.awaitEnded(1, Duration.ofSeconds(20))).isTrue();
  }
}
