package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Streams through the gateway arrive whole, once, and as one answer. */
@Timeout(120)
@SuppressWarnings("StringConcatToTextBlock") // Lines of HTTP end with CR and LF.
class StreamsTest {
  private static final List<Protocol> FRONTS =
      List.of(
          Protocol.OPENAI_CHAT,
          Protocol.OPENAI_RESPONSES,
          Protocol.ANTHROPIC_MESSAGES,
          Protocol.GEMINI_SSE,
          Protocol.GEMINI_JSON_ARRAY,
          Protocol.OLLAMA_CHAT);

  static Stream<Protocol> fronts() {
    return FRONTS.stream();
  }

  @ParameterizedTest
  @MethodSource("fronts")
  void aHealthyStreamArrives(Protocol protocol) throws IOException {
    try (var rig = new Rig(protocol, Script.healthy())) {
      var response = rig.ask(protocol);
      assertThat(response.status()).isEqualTo(200);
      assertThat(response.whole()).isTrue();
      assertThat(response.header("content-type"))
          .startsWith(
              protocol == Protocol.GEMINI_JSON_ARRAY
                  ? "application/json"
                  : protocol.isEvents() ? "text/event-stream" : "application/x-ndjson");
      var reading = Reading.of(protocol.id(), response.body());
      assertThat(reading.text()).isEqualTo(Rig.TEXT);
      assertThat(reading.verdict()).isEqualTo("COMPLETE");
      assertThat(rig.upstream.received()).hasSize(1);
    }
  }

  @ParameterizedTest
  @MethodSource("fronts")
  void whatWasNeverCutIsPassedOnByteForByte(Protocol protocol) throws IOException {
    byte[] body;
    try (var rig = new Rig(protocol, Script.healthy())) {
      body = RawClient.post(rig.upstream.port(), Rig.path(protocol), Rig.body(protocol)).body();
    }
    String head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; x=1\r\nX-Id: 7\r\n\r\n";
    try (var upstream =
            ScriptedUpstream.answering(head + new String(body, StandardCharsets.ISO_8859_1));
        var gateway = RelayTest.before(upstream, Rig.configured(protocol), "")) {
      var response = RawClient.post(gateway.port(), Rig.path(protocol), Rig.body(protocol));
      assertThat(response.body()).isEqualTo(body);
      assertThat(response.header("x-id")).isEqualTo("7");
    }
  }

  static Stream<Arguments> cuts() {
    return FRONTS.stream()
        .flatMap(protocol ->
            Stream.of(
                    "cut-fin@head",
                    "cut-rst@event=0",
                    "cut-fin@event=1",
                    "cut-fin@token=1",
                    "cut-rst@token=5",
                    "end-early@token=9",
                    "cut-fin@byte=700",
                    "malformed-json@token=4",
                    "cut-fin@token=20",
                    "end-early@finish")
                .filter(fault ->
                    protocol != Protocol.GEMINI_JSON_ARRAY || !fault.startsWith("malformed"))
                .map(fault -> Arguments.of(protocol, fault)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("cuts")
  void aCutIsHealed(Protocol protocol, String fault) throws IOException {
    try (var rig = new Rig(protocol, Script.of(fault, fault))) {
      var response = rig.ask(protocol);
      assertThat(response.status()).isEqualTo(200);
      assertThat(response.whole()).isTrue();
      var reading = Reading.of(protocol.id(), response.body());
      assertThat(reading.text()).isEqualTo(Rig.TEXT);
      assertThat(reading.verdict()).as(response.text()).isEqualTo("COMPLETE");
      assertThat(rig.upstream.received().size()).isGreaterThan(1);
    }
  }

  /** The model's name alone allows an anchor; the profile lets it go on in the answer itself. */
  @Test
  void aProfileDecidesHowItIsContinued() throws IOException {
    try (var rig =
        new Rig(
            Protocol.OPENAI_CHAT,
            Script.of("cut-fin@token=12"),
            config ->
                config.withUpstreams(
                    config.upstreams().stream().map(u -> u.withProfile("mistral")).toList()))) {
      var response = rig.ask(Protocol.OPENAI_CHAT);

      assertThat(Reading.of(Protocol.OPENAI_CHAT.id(), response.body()).text()).isEqualTo(Rig.TEXT);
      assertThat(rig.upstream.received().get(1).body()).contains("\"prefix\":true");
    }
  }
}
