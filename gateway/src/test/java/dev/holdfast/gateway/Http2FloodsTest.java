package dev.holdfast.gateway;

import static dev.holdfast.gateway.Http2RawClient.CONTINUATION;
import static dev.holdfast.gateway.Http2RawClient.DATA;
import static dev.holdfast.gateway.Http2RawClient.END_HEADERS;
import static dev.holdfast.gateway.Http2RawClient.END_STREAM;
import static dev.holdfast.gateway.Http2RawClient.HEADERS;
import static dev.holdfast.gateway.Http2RawClient.PING;
import static dev.holdfast.gateway.Http2RawClient.PRIORITY;
import static dev.holdfast.gateway.Http2RawClient.RST_STREAM;
import static dev.holdfast.gateway.Http2RawClient.SETTINGS;
import static dev.holdfast.gateway.Http2RawClient.WINDOW_UPDATE;
import static dev.holdfast.gateway.Http2RawClient.framed;
import static dev.holdfast.gateway.Http2RawClient.number;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.config.Limits;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Line S12 of the checklist: floods of HTTP/2 end their own connection, with the code that names
 * the reason, and no other.
 */
@Timeout(120)
class Http2FloodsTest {
  private static final int NO_ERROR = 0;
  private static final int PROTOCOL_ERROR = 1;
  private static final int REFUSED_STREAM = 7;
  private static final int CANCEL = 8;
  private static final int PADDED = 8;
  private static final int ENHANCE_YOUR_CALM = 11;

  @TempDir private Path folder;

  private interface Attack {
    void on(Http2RawClient attacker) throws Exception;
  }

  /** Runs an attack while another client's stream is open, which must end whole. */
  private void besideAStream(Attack attack) throws Exception {
    String body = Rig.body(Protocol.OPENAI_CHAT);
    try (var upstream =
            FaultServer.builder()
                .answer(Answer.ofText(Rig.TEXT))
                .script(Script.of("slow@delay=20ms"))
                .start();
        var front = Http2Front.before(folder, upstream, Protocol.OPENAI_CHAT);
        var other = front.client();
        var attacker = front.client()) {
      other.chat(1, body);
      assertThat(other.awaitText(1, "content")).isTrue();
      attack.on(attacker);
      assertThat(other.awaitWhole(1)).isTrue();
      assertThat(Reading.of("openai-chat", other.body(1)).text()).isEqualTo(Rig.TEXT);
      other.chat(3, body); // And its connection serves further ones.
      assertThat(other.awaitWhole(3)).isTrue();
    }
  }

  private static byte[] joined(byte[]... frames) {
    var all = new ByteArrayOutputStream();
    for (byte[] frame : frames) {
      all.writeBytes(frame);
    }
    return all.toByteArray();
  }

  // ---------------------------------------------------------------- frames without effect

  @ParameterizedTest
  @CsvSource({
    "ping, 6, 0, 8",
    "settings, 4, 0, 6",
    "settings that are empty, 4, 0, 0",
    "priority, 2, 1, 5",
    "an unknown type, 99, 0, 20",
    "an unknown type of no stream, 99, 1, 0",
    "padding, 0, 1, 255",
  })
  void s12AFloodOfFramesWithoutEffectEndsItsConnection(
      String name, int type, int stream, int length) throws Exception {
    byte[] payload = new byte[length];
    if (type == SETTINGS && length > 0) {
      payload[1] = 3; // How many streams the server may open.
    } else if (type == PRIORITY) {
      payload[4] = 1;
    } else if (type == DATA) {
      payload[0] = (byte) (length - 1);
    }
    besideAStream(attacker -> {
      if (type == DATA) {
        attacker.request(1, "POST", "/v1/chat/completions", false);
      }
      attacker.flood(100_000, framed(type, type == DATA ? PADDED : 0, stream, payload));
      assertThat(attacker.awaitGoAway()).isEqualTo(ENHANCE_YOUR_CALM);
      attacker.awaitClosed();
    });
  }

  @Test
  void s12AFloodOfWindowsEndsItsConnection() throws Exception {
    besideAStream(attacker -> {
      attacker.flood(100_000, framed(WINDOW_UPDATE, 0, 0, number(1)));
      assertThat(attacker.awaitGoAway()).isEqualTo(ENHANCE_YOUR_CALM);
    });
  }

  @Test
  void s12AFloodOfEmptyDataEndsItsConnection() throws Exception {
    besideAStream(attacker -> {
      attacker.request(1, "POST", "/v1/chat/completions", false);
      attacker.flood(100_000, framed(DATA, 0, 1, new byte[0]));
      assertThat(attacker.awaitGoAway()).isEqualTo(ENHANCE_YOUR_CALM);
    });
  }

  // ---------------------------------------------------------------- resets

  @Test
  void s12ARapidResetEndsItsConnectionAndItsRequests() throws Exception {
    besideAStream(attacker -> {
      byte[] body = Rig.body(Protocol.OPENAI_CHAT).getBytes(StandardCharsets.UTF_8);
      for (int id = 1; id < 40_000 && attacker.isOpen(); id += 2) {
        byte[] head = head(attacker, "POST", "/v1/chat/completions");
        attacker.flood(
            1,
            joined(
                framed(HEADERS, END_HEADERS, id, head),
                framed(DATA, END_STREAM, id, body),
                framed(RST_STREAM, 0, id, number(CANCEL))));
      }
      assertThat(attacker.awaitGoAway()).isEqualTo(ENHANCE_YOUR_CALM);
    });
  }

  /** The client makes the server reset its streams (CVE-2025-8671). */
  @Test
  void s12StreamsThatTheServerIsMadeToResetEndTheirConnection() throws Exception {
    besideAStream(attacker -> {
      for (int id = 1; id < 40_000 && attacker.isOpen(); id += 2) {
        byte[] head = head(attacker, "POST", "/v1/chat/completions");
        attacker.flood(
            1,
            joined(
                framed(HEADERS, END_HEADERS, id, head), framed(WINDOW_UPDATE, 0, id, number(0))));
      }
      assertThat(attacker.awaitGoAway()).isEqualTo(ENHANCE_YOUR_CALM);
    });
  }

  // ---------------------------------------------------------------- heads

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 100, 16_384})
  void s12AHeadWithoutAnEndEndsItsConnection(int bytes) throws Exception {
    besideAStream(attacker -> {
      // A literal without index: a name and a content of one byte each, again and again.
      byte[] fragment = new byte[bytes];
      byte[] field = {0, 1, 'x', 1, 'y'};
      for (int i = 0; i < bytes; i++) {
        fragment[i] = field[i % field.length];
      }
      attacker.frame(HEADERS, 0, 1, head(attacker, "GET", "/v1/models"));
      attacker.flood(100_000, framed(CONTINUATION, 0, 1, fragment));
      assertThat(attacker.awaitGoAway()).isIn(ENHANCE_YOUR_CALM, PROTOCOL_ERROR);
    });
  }

  @Test
  void s12AHeadPastItsLimitIsRefusedAndTheConnectionServesOn() throws Exception {
    besideAStream(attacker -> {
      String[] many = new String[2 * 34];
      for (int i = 0; i < many.length; i += 2) {
        many[i] = "x-" + i;
        many[i + 1] = "a".repeat(1000);
      }
      byte[] begin = head(attacker, "GET", "/v1/models");
      byte[] head = attacker.block(many);
      attacker.frame(HEADERS, END_STREAM, 1, begin);
      for (int from = 0; from < head.length; from += 16_000) {
        int to = Math.min(head.length, from + 16_000);
        byte[] part = Arrays.copyOfRange(head, from, to);
        attacker.frame(CONTINUATION, to == head.length ? END_HEADERS : 0, 1, part);
      }
      assertThat(attacker.awaitStatus(1)).isEqualTo(431);
      attacker.chat(3, Rig.body(Protocol.OPENAI_CHAT));
      assertThat(attacker.awaitWhole(3)).isTrue();
    });
  }

  /** One entry of the table, named a thousand times: few bytes become megabytes. */
  @Test
  void s12ABombOfReferencesEndsItsRequestOrItsConnection() throws Exception {
    besideAStream(attacker -> {
      byte[] content = "a".repeat(3_900).getBytes(StandardCharsets.US_ASCII);
      var head = new ByteArrayOutputStream();
      head.writeBytes(head(attacker, "GET", "/v1/models"));
      head.writeBytes(new byte[] {0x40, 1, 'x', 0x7f}); // Literal with index; its length follows.
      int rest = content.length - 127;
      head.writeBytes(new byte[] {(byte) ((rest & 127) | 128), (byte) (rest >> 7)});
      head.writeBytes(content);
      byte[] references = new byte[10_000];
      Arrays.fill(references, (byte) 0xbe); // The newest entry of the table.
      head.writeBytes(references);
      attacker.frame(HEADERS, END_HEADERS | END_STREAM, 1, head.toByteArray());
      int status = attacker.awaitStatus(1);
      if (status == 0) {
        assertThat(attacker.awaitGoAway()).isIn(ENHANCE_YOUR_CALM, PROTOCOL_ERROR);
      } else {
        assertThat(status).isEqualTo(431);
      }
    });
  }

  // ---------------------------------------------------------------- streams

  @Test
  void s12MoreStreamsThanAllowedAreRefusedUnread() throws Exception {
    try (var upstream =
            FaultServer.builder()
                .answer(Answer.ofText(Rig.TEXT))
                .script(Script.of("stall@token=3,for=1h"))
                .start();
        var front =
            Http2Front.before(
                folder,
                upstream,
                Protocol.OPENAI_CHAT,
                config -> config.withLimits(Limits.DEFAULT.withStreams(10)));
        var client = front.client()) {
      for (int i = 0; i < 12; i++) {
        client.chat(1 + 2 * i, Rig.body(Protocol.OPENAI_CHAT).replace("What", "" + i));
      }
      for (int i = 0; i < 10; i++) {
        assertThat(client.awaitStatus(1 + 2 * i)).isEqualTo(200);
      }
      for (int i = 10; i < 12; i++) {
        assertThat(client.awaitReset(1 + 2 * i)).isEqualTo(REFUSED_STREAM);
      }
      client.reset(1, CANCEL); // Its place is free then.
      client.chat(101, Rig.body(Protocol.OPENAI_CHAT).replace("What", "And what"));
      assertThat(client.awaitStatus(101)).isEqualTo(200);
      assertThat(upstream.received()).hasSize(11);
    }
  }

  /** What one connection of HTTP/1.1 could not ask at once, many streams may not either. */
  @Test
  void s13StreamsOfAllConnectionsCountAsConnections() throws Exception {
    try (var upstream =
            FaultServer.builder()
                .answer(Answer.ofText(Rig.TEXT))
                .script(Script.of("stall@token=3,for=1h"))
                .start();
        var front =
            Http2Front.before(
                folder,
                upstream,
                Protocol.OPENAI_CHAT,
                config -> config.withLimits(Limits.DEFAULT.withConnections(4)));
        var one = front.client();
        var two = front.client()) {
      for (int i = 0; i < 2; i++) {
        one.chat(1 + 2 * i, Rig.body(Protocol.OPENAI_CHAT).replace("What", "One " + i));
        two.chat(1 + 2 * i, Rig.body(Protocol.OPENAI_CHAT).replace("What", "Two " + i));
        assertThat(one.awaitStatus(1 + 2 * i)).isEqualTo(200);
        assertThat(two.awaitStatus(1 + 2 * i)).isEqualTo(200);
      }
      two.chat(5, Rig.body(Protocol.OPENAI_CHAT).replace("What", "More"));
      assertThat(two.awaitReset(5)).isEqualTo(REFUSED_STREAM);
    }
  }

  // ---------------------------------------------------------------- clocks

  @Test
  void s13AClientThatSendsNoPrefaceIsDisconnected() throws Exception {
    var limits =
        Limits.DEFAULT.withTimes(
            Duration.ofMillis(400), Duration.ofSeconds(30), Duration.ofSeconds(60));
    try (var upstream = ScriptedUpstream.answering("");
        var front = Http2Front.before(folder, upstream, config -> config.withLimits(limits));
        var silent = Http2RawClient.connected(Http2Front.CERTIFICATE, front.gateway.port(), "h2")) {
      assertThat(silent.getApplicationProtocol()).isEqualTo("h2");
      byte[] got = silent.getInputStream().readAllBytes();
      assertThat(got.length).isGreaterThan(0); // Settings, and a last frame.
    }
  }

  @Test
  void s13ABodyThatDribblesIsRefusedAndOthersOfItsConnectionAreServed() throws Exception {
    var limits =
        Limits.DEFAULT.withTimes(
            Duration.ofSeconds(30), Duration.ofMillis(400), Duration.ofSeconds(60));
    try (var upstream =
            FaultServer.builder()
                .answer(Answer.ofText(Rig.TEXT))
                .script(Script.of("slow@delay=20ms"))
                .start();
        var front =
            Http2Front.before(
                folder, upstream, Protocol.OPENAI_CHAT, config -> config.withLimits(limits));
        var client = front.client()) {
      client.chat(1, Rig.body(Protocol.OPENAI_CHAT));
      client.request(3, "POST", "/v1/chat/completions", false);
      client.data(3, "{", false);
      assertThat(client.awaitStatus(3)).isEqualTo(408);
      assertThat(client.header(3, "x-holdfast-refusal")).isEqualTo("request-too-slow");
      assertThat(client.awaitWhole(1)).isTrue();
    }
  }

  /** Slow read: a client that gives no windows holds nothing for ever. */
  @Test
  void s13AClientThatGivesNoWindowLosesItsStream() throws Exception {
    var limits = Limits.DEFAULT.withReadTime(Duration.ofMillis(400));
    try (var upstream =
            FaultServer.builder().answer(Answer.ofText(Rig.TEXT)).script(Script.healthy()).start();
        var front =
            Http2Front.before(
                folder, upstream, Protocol.OPENAI_CHAT, config -> config.withLimits(limits));
        var client = front.client(Http2RawClient.setting(4, 0))) {
      client.chat(1, Rig.body(Protocol.OPENAI_CHAT));
      assertThat(client.awaitReset(1)).isEqualTo(CANCEL);
      assertThat(upstream.awaitEnded(1, Duration.ofSeconds(30))).isTrue();
    }
  }

  @Test
  void s13AConnectionWithoutRequestsIsClosedInTime() throws Exception {
    var limits =
        Limits.DEFAULT.withTimes(
            Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ofMillis(400));
    try (var upstream = ScriptedUpstream.answering("");
        var front = Http2Front.before(folder, upstream, config -> config.withLimits(limits));
        var client = front.client()) {
      assertThat(client.awaitGoAway()).isEqualTo(NO_ERROR);
      client.awaitClosed();
    }
  }

  // ---------------------------------------------------------------- what is no HTTP/2

  @Test
  void s12WhatIsNoHttp2EndsItsConnection() throws Exception {
    try (var upstream = ScriptedUpstream.answering("");
        var front = Http2Front.before(folder, upstream);
        var client = Http2RawClient.connected(Http2Front.CERTIFICATE, front.gateway.port(), "h2")) {
      client
          .getOutputStream()
          .write(
              "GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      byte[] got = client.getInputStream().readAllBytes();
      assertThat(new String(got, StandardCharsets.ISO_8859_1)).doesNotContain("HTTP/1.1 200");
      assertThat(upstream.requests()).isEmpty();
    }
  }

  @Test
  void s12AFrameLongerThanAllowedEndsItsConnection() throws Exception {
    besideAStream(attacker -> {
      byte[] head =
          ByteBuffer.allocate(9).put(new byte[] {(byte) 0xff, 0, 0, PING, 0}).putInt(0).array();
      attacker.flood(1, head);
      assertThat(attacker.awaitGoAway()).isEqualTo(6); // FRAME_SIZE_ERROR
    });
  }

  private static byte[] head(Http2RawClient client, String method, String path)
      throws Http2Exception {
    return client.block(
        ":method", method, ":scheme", "https", ":authority", "localhost", ":path", path);
  }
}
