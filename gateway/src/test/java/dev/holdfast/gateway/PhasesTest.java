package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Before the answer, within it, and at its end. */
@Timeout(120)
@SuppressWarnings("StringConcatToTextBlock") // Lines of HTTP end with CR and LF.
class PhasesTest {
  @TempDir private Path folder;

  private static final String HEAD =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nx-request-id: r-9\r\n\r\n";
  private static final String ROLE =
      "data: {\"id\":\"c-1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\","
          + "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
          + "\"finish_reason\":null}]}\n\n";
  private static final String WORD = ROLE.replace("\"content\":\"\"", "\"content\":\"word \"");
  private static final String FINISH =
      ROLE.replace("{\"role\":\"assistant\",\"content\":\"\"}", "{}")
          .replace("\"finish_reason\":null", "\"finish_reason\":\"stop\"");

  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Duration LONG = Duration.ofMinutes(10);

  private static void write(Socket connection, String text) throws IOException {
    connection.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    connection.getOutputStream().flush();
  }

  private static String chat() {
    return RawClient.request(
        "POST", "/v1/chat/completions", Rig.body(Protocol.OPENAI_CHAT), "Connection: close");
  }

  // ---------------------------------------------------------------- the head

  @Test
  void theHeadIsHeldUntilContentSoThatARefusalKeepsItsStatus() throws Exception {
    var go = new CountDownLatch(1);
    var asked = new AtomicInteger();
    try (var upstream =
            new ScriptedUpstream((request, connection) -> {
              if (asked.incrementAndGet() == 1) {
                // The role alone commits nothing; then it is cut.
                write(connection, HEAD + ROLE);
                go.await();
              } else {
                write(
                    connection, "HTTP/1.1 401 No\r\nContent-Length: 14\r\n\r\n{\"error\":\"no\"}");
              }
              connection.shutdownOutput();
            });
        var gateway =
            Gateway.start(
                RelayTest.config(upstream, "openai-chat", "/v1").withSignsOfLife(LONG, LONG));
        var client = new RawClient(gateway.port())) {
      client.send(chat());
      assertThat(upstream.awaitAsked()).isTrue();
      go.countDown();
      var response = client.read("POST");
      assertThat(response.status()).isEqualTo(401);
      assertThat(response.text()).isEqualTo("{\"error\":\"no\"}");
    }
  }

  @ParameterizedTest
  @CsvSource({"openai-chat, ': '", "anthropic-messages, ': '", "openai-responses, ': '"})
  void afterTheTimeTheHeadLeavesWithSignsOfLife(String protocol, String sign) throws Exception {
    var go = new CountDownLatch(1);
    try (var upstream =
            new ScriptedUpstream((request, connection) -> {
              go.await();
              connection.close();
            });
        var gateway =
            Gateway.start(
                RelayTest.config(upstream, protocol, "/v1")
                    .withSignsOfLife(SHORT, SHORT)
                    .withPolicy(StreamPolicy.DEFAULT.withRetry(RetryPolicy.NONE)));
        var client = new RawClient(gateway.port())) {
      var asked = Protocol.of(protocol);
      client.send(RawClient.request("POST", Rig.path(asked), Rig.body(asked), "Connection: close"));
      var head = client.head();
      assertThat(head.status()).isEqualTo(200);
      assertThat(head.header("content-type")).startsWith("text/event-stream");
      awaitSigns(client, sign);
      // What fails now can only be reported inside the stream, by an error that may be retried.
      go.countDown();
      String rest = new String(client.rest(), StandardCharsets.UTF_8);
      assertThat(rest).contains("\"error\"");
      // Some clients of Chat read no error: a body that breaks off, they cannot take for whole.
      assertThat(rest.endsWith("0\r\n\r\n")).isEqualTo(asked != Protocol.OPENAI_CHAT);
      assertThat(rest).containsPattern("api_error|server_error");
      assertThat(rest).doesNotContain("[DONE]", "message_stop");
    }
  }

  /** Reads until three signs of life have come. */
  private static void awaitSigns(RawClient client, String sign) throws IOException {
    var seen = new StringBuilder();
    while (seen.toString().split(sign, -1).length < 4) {
      int b = client.stream().read();
      assertThat(b).as(seen.toString()).isNotNegative();
      seen.append((char) b);
    }
  }

  /** SDKs that read by lines end an event at each blank line, some of them. */
  @ParameterizedTest
  @CsvSource({
    "x-stainless-lang: python, false",
    "user-agent: langchain4j-openai, false",
    "user-agent: curl/8.5.0, true",
    "x-other: 1, true"
  })
  void theFormOfASignOfLifeGoesByTheClient(String header, boolean block) throws Exception {
    try (var upstream = ScriptedUpstream.silentAfter(HEAD);
        var gateway =
            Gateway.start(
                RelayTest.config(upstream, "openai-chat", "/v1").withSignsOfLife(SHORT, SHORT));
        var client = new RawClient(gateway.port())) {
      client.send(
          RawClient.request(
              "POST", "/v1/chat/completions", Rig.body(Protocol.OPENAI_CHAT), header));
      assertThat(client.head().status()).isEqualTo(200);
      var seen = new StringBuilder();
      while (seen.toString().split("keep-alive", -1).length < 4) {
        seen.append((char) client.stream().read());
      }
      assertThat(seen.indexOf(": keep-alive\n\n") >= 0).isEqualTo(block);
    }
  }

  /** A provider's own comments, as OpenRouter sends them. */
  @ParameterizedTest
  @CsvSource({"user-agent: langchain4j-openai, false", "user-agent: curl/8.5.0, true"})
  void aCommentOfTheProviderIsABlockOnlyForClientsThatReadBlocks(String header, boolean block)
      throws Exception {
    String comment = ": PROCESSING\n\n";
    try (var upstream =
            ScriptedUpstream.silentAfter(HEAD + comment + ROLE + comment + WORD + FINISH);
        var gateway = RelayTest.before(upstream, "openai-chat", "/v1")) {
      var response =
          RawClient.post(
              gateway.port(), "/v1/chat/completions", Rig.body(Protocol.OPENAI_CHAT), header);
      String body = new String(response.body(), StandardCharsets.UTF_8);
      assertThat(body.split(": PROCESSING\n", -1)).hasSize(3);
      assertThat(body.split(comment, -1)).hasSize(block ? 3 : 1);
      assertThat(Reading.of("openai-chat", response.body()).text()).isEqualTo("word ");
    }
  }

  @Test
  void inASilenceOfMessagesThereArePings() throws Exception {
    String begun =
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\","
            + "\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"model\":\"claude-haiku-4-5\","
            + "\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\n"
            + "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
            + "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
            + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
            + "\"delta\":{\"type\":\"text_delta\",\"text\":\"Once\"}}\n\n";
    try (var upstream = ScriptedUpstream.silentAfter(HEAD + begun);
        var gateway =
            Gateway.start(
                RelayTest.config(upstream, "anthropic-messages", "/v1")
                    .withSignsOfLife(LONG, SHORT));
        var client = new RawClient(gateway.port())) {
      client.send(
          RawClient.request(
              "POST", "/v1/messages", Rig.body(Protocol.ANTHROPIC_MESSAGES), "Connection: close"));
      assertThat(client.head().status()).isEqualTo(200);
      awaitSigns(client, "event: ping");
    }
  }

  @Test
  void afterTheProofTheStreamEndsThoughTheUpstreamDoesNot() throws Exception {
    try (var upstream = ScriptedUpstream.silentAfter(HEAD + ROLE + WORD + FINISH);
        var gateway = RelayTest.before(upstream, "openai-chat", "/v1")) {
      var response =
          RawClient.post(gateway.port(), "/v1/chat/completions", Rig.body(Protocol.OPENAI_CHAT));
      assertThat(response.header("x-request-id")).isEqualTo("r-9");
      assertThat(response.whole()).isTrue();
      var reading = Reading.of("openai-chat", response.body());
      assertThat(reading.verdict()).isEqualTo("COMPLETE");
      assertThat(reading.text()).isEqualTo("word ");
      assertThat(upstream.awaitGone(30_000)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai-chat", "openai-responses", "anthropic-messages", "gemini-sse"})
  void whatCannotBeHealedEndsWithTheProtocolsErrorAndNothingMore(String id) throws IOException {
    var protocol = Protocol.of(id);
    var rig =
        new Rig(
            protocol,
            Script.of("cut-fin@token=4"),
            config -> config.withPolicy(StreamPolicy.DEFAULT.withRetry(RetryPolicy.NONE)));
    try (rig) {
      var response = rig.ask(protocol);
      var reading = Reading.of(id, response.body());
      assertThat(reading.verdict()).isNotEqualTo("COMPLETE");
      assertThat(Rig.TEXT).startsWith(reading.text());
      assertThat(reading.text()).isNotEmpty();
      assertThat(response.text())
          .contains("\"error\"")
          .doesNotContain("[DONE]", "message_stop", "response.completed", "\"STOP\"");
    }
    // Closing writes what is queued.
    assertThat(rig.log)
        .singleElement()
        .asString()
        .contains("\"status\":200", "\"outcome\":\"truncated\"");
  }

  /**
   * The text and its cut come in one piece, so that no byte has left when a wait is asked for that
   * is longer than the head is held.
   */
  @ParameterizedTest
  @ValueSource(strings = {"openai-chat", "openai-responses", "anthropic-messages", "gemini-sse"})
  void textThatIsCutAndThenRefusedEndsWithTheProtocolsError(String id) throws IOException {
    var protocol = Protocol.of(id);
    String busy = "HTTP/1.1 529 Busy\r\nRetry-After: 2\r\nContent-Length: 2\r\n\r\n{}";
    String never = "HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\n{}";
    var asked = new AtomicInteger();
    try (var upstream =
            new ScriptedUpstream((request, connection) -> {
              String text = begun(protocol);
              String begun =
                  HEAD.replace("\r\n\r\n", "\r\nContent-Length: " + text.length() + "\r\n\r\n")
                      + text;
              int number = asked.incrementAndGet();
              write(connection, number == 1 ? begun : number == 2 ? busy : never);
              connection.shutdownOutput();
            });
        var gateway =
            Gateway.start(
                RelayTest.config(
                        upstream, id, protocol.root().isEmpty() ? "" : "/" + protocol.root())
                    .withSignsOfLife(Duration.ofSeconds(1), LONG))) {
      var response = RawClient.post(gateway.port(), Rig.path(protocol), Rig.body(protocol));
      var reading = Reading.of(id, response.body());
      assertThat(reading.text()).isEqualTo("A long word ");
      assertThat(reading.verdict()).isNotEqualTo("COMPLETE");
      assertThat(response.text()).contains("\"error\"");
      assertThat(asked.get()).as("requests, of which the third is refused").isEqualTo(3);
    }
  }

  private static String begun(Protocol protocol) {
    String text = "\"A long word \"";
    return switch (protocol) {
      case ANTHROPIC_MESSAGES ->
          "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\","
              + "\"type\":\"message\",\"role\":\"assistant\",\"model\":\"c\",\"content\":[],"
              + "\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\n"
              + "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
              + "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
              + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
              + "\"delta\":{\"type\":\"text_delta\",\"text\":"
              + text
              + "}}\n\n";
      case OPENAI_RESPONSES ->
          "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\","
              + "\"sequence_number\":1,\"item_id\":\"i\",\"output_index\":0,\"content_index\":0,"
              + "\"delta\":"
              + text
              + "}\n\n";
      case GEMINI_SSE ->
          "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":"
              + text
              + "}],\"role\":\"model\"},\"index\":0}],\"modelVersion\":\"g\"}\n\n";
      case OPENAI_CHAT -> ROLE.replace("\"content\":\"\"", "\"content\":" + text);
      case GEMINI_JSON_ARRAY, OLLAMA_CHAT ->
          throw new IllegalArgumentException("protocol: must be one of events, was " + protocol);
    };
  }

  // ---------------------------------------------------------------- the client leaves

  @Test
  void aClientThatLeavesBeforeTheHeadEndsTheUpstream() throws Exception {
    try (var upstream = ScriptedUpstream.silentAfter("");
        var gateway = RelayTest.before(upstream, "openai-chat", "/v1")) {
      try (var client = new RawClient(gateway.port())) {
        client.send(chat());
        assertThat(upstream.awaitAsked()).isTrue();
      }
      assertThat(upstream.awaitGone(30_000)).isTrue();
    }
  }

  @Test
  void aClientThatLeavesInASilenceEndsTheUpstream() throws Exception {
    try (var upstream = ScriptedUpstream.silentAfter(HEAD + ROLE + WORD);
        var gateway = RelayTest.before(upstream, "openai-chat", "/v1")) {
      try (var client = new RawClient(gateway.port())) {
        client.send(chat());
        assertThat(client.head().status()).isEqualTo(200);
      }
      assertThat(upstream.awaitGone(30_000)).isTrue();
    }
  }

  @Test
  void aClientThatLeavesInAContinuationEndsIt() throws Exception {
    var number = new AtomicInteger();
    var second = new CountDownLatch(1);
    var ended = new CountDownLatch(1);
    try (var upstream =
            new ScriptedUpstream((request, connection) -> {
              if (number.incrementAndGet() == 1) {
                write(connection, HEAD + ROLE + WORD + WORD.replace("word", "and"));
                connection.shutdownOutput();
              } else {
                second.countDown();
                while (connection.getInputStream().read() >= 0) {
                  // Silent.
                }
                ended.countDown();
              }
            });
        var gateway = RelayTest.before(upstream, "openai-chat", "/v1")) {
      try (var client = new RawClient(gateway.port())) {
        client.send(chat());
        assertThat(client.head().status()).isEqualTo(200);
        assertThat(second.await(60, TimeUnit.SECONDS)).isTrue();
      }
      assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"})
  void aClientThatLeavesARelayedCallEndsIt(String sent) throws Exception {
    try (var upstream = ScriptedUpstream.silentAfter(sent);
        var gateway = RelayTest.before(upstream, "openai-chat", "/v1")) {
      try (var client = new RawClient(gateway.port())) {
        client.send(RawClient.request("GET", "/v1/models", ""));
        assertThat(upstream.awaitAsked()).isTrue();
      }
      assertThat(upstream.awaitGone(30_000)).isTrue();
    }
  }

  // ---------------------------------------------------------------- back-pressure

  @Test
  void aClientThatDoesNotReadHoldsUpTheUpstream() throws Exception {
    String text = "All work and no play. ".repeat(15_000);
    try (var rig =
            new Rig(
                FaultServer.builder().answer(Answer.ofText(text)).start(),
                Protocol.OPENAI_CHAT,
                config -> config);
        var client = new RawClient(rig.gateway.port())) {
      client.send(chat());
      assertThat(client.head().status()).isEqualTo(200);
      long sent = -1;
      long stays = 0;
      // Until the server's bytes stop moving, which buffers of the system may delay.
      while (stays < 5) {
        long now = rig.upstream.received().get(0).bodyBytes();
        boolean unused = new CountDownLatch(1).await(50, TimeUnit.MILLISECONDS);
        stays = now == sent && now > 0 ? stays + 1 : 0;
        sent = now;
      }
      assertThat(sent).isLessThan(14L << 20);
      var all = client.rest();
      assertThat(new String(all, StandardCharsets.UTF_8)).contains("[DONE]");
      assertThat(rig.upstream.received()).hasSize(1);
    }
  }

  /** A refusal is passed on as it came, and one that breaks off must not look whole. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRefusalThatBreaksOffIsBrokenForTheClientToo(boolean journaled) throws Exception {
    String refusal =
        "HTTP/1.1 429 Too Many\r\nRetry-After: 60\r\nContent-Type: application/json\r\n"
            + "Content-Length: 100\r\n\r\n{\"error\"";
    try (var upstream = ScriptedUpstream.answering(refusal)) {
      var config = RelayTest.config(upstream, "openai-chat", "/v1");
      var kept = journaled ? config.withJournal(JournalConfig.at(folder.resolve("j"))) : config;
      try (var gateway = Gateway.start(kept)) {
        var response =
            RawClient.post(gateway.port(), "/v1/chat/completions", Rig.body(Protocol.OPENAI_CHAT));
        assertThat(response.status()).isEqualTo(429);
        assertThat(response.header("retry-after")).isEqualTo("60");
        assertThat(response.text()).isEqualTo("{\"error\"");
        assertThat(response.whole()).isFalse();
      }
    }
  }
}
