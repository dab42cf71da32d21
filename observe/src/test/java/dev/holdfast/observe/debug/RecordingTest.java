package dev.holdfast.observe.debug;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.observe.debug.recording.Recording;
import dev.holdfast.observe.debug.replay.ReplayServer;
import dev.holdfast.observe.debug.report.DebugReport;
import dev.holdfast.observe.debug.wire.DebugLimits;
import dev.holdfast.observe.debug.wire.DebugRequest;
import dev.holdfast.observe.debug.wire.HeaderLine;
import dev.holdfast.observe.debug.wire.RecordingException;
import dev.holdfast.observe.debug.wire.WireEnd;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RecordingTest {
  private static final String KEY = "sk-canary-0123456789abcdef";
  private static final String STREAM =
      Played.TOKEN + ": " + KEY + "\n\n" + Played.TOKEN + Played.FINISH + Played.DONE;

  private static byte[] response(String body) {
    return ("HTTP/1.1 200 OK\r\nSet-Cookie: session="
            + KEY
            + "\r\nContent-Type: text/event-stream\r\n"
            + "Content-Length: "
            + body.length()
            + "\r\n\r\n"
            + body)
        .getBytes(StandardCharsets.UTF_8);
  }

  /** Records what a server writes in pieces of so many bytes. */
  private static String record(byte[] wire, int piece, boolean reset) throws Exception {
    var out = new ByteArrayOutputStream();
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var serving =
          Thread.ofVirtual()
              .start(() -> {
                try (var client = server.accept()) {
                  client.setTcpNoDelay(true);
                  client.getInputStream().read(new byte[4096]);
                  for (int at = 0; at < wire.length; at += piece) {
                    client.getOutputStream().write(wire, at, Math.min(piece, wire.length - at));
                    client.getOutputStream().flush();
                  }
                  if (reset) {
                    client.setSoLinger(true, 0);
                  }
                } catch (IOException e) {
                  throw new AssertionError(e);
                }
              });
      var request =
          DebugRequest.of(
              URI.create("http://127.0.0.1:" + server.getLocalPort() + "/v1/x?key=" + KEY),
              "{\"prompt\":\"secret words\"}",
              List.of(new HeaderLine("Authorization", "Bearer " + KEY)));
      StreamDebugger.builder().recordTo(out).build().debugStream(request);
      serving.join();
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private static DebugReport read(String recording) throws IOException {
    return StreamDebugger.builder()
        .build()
        .debugRecording(new ByteArrayInputStream(recording.getBytes(StandardCharsets.UTF_8)));
  }

  @ParameterizedTest(name = "in pieces of {0}")
  @CsvSource({"1", "7", "10000"})
  void noKeyIsKeptHoweverItArrives(int piece) throws Exception {
    String recording = record(response(STREAM), piece, false);
    String bytes = String.join("", wire(recording));
    assertThat(recording).doesNotContain(KEY).doesNotContain("secret words");
    assertThat(bytes).doesNotContain(KEY).contains(": " + "*".repeat(KEY.length()));
    assertThat(bytes).hasSize(response(STREAM).length);
    assertThat(read(recording).verdict()).isNotNull().matches(verdict -> verdict.isComplete());
  }

  private static List<String> wire(String recording) throws IOException {
    var pieces = new java.util.ArrayList<String>();
    var lines = new Recording(new ByteArrayInputStream(recording.getBytes(StandardCharsets.UTF_8)));
    for (var entry = lines.next(); entry != null; entry = lines.next()) {
      if (entry instanceof Recording.Entry.Bytes(long at, long took, var bytes)) {
        pieces.add(StandardCharsets.UTF_8.decode(bytes).toString());
      }
    }
    return pieces;
  }

  @Test
  void aRecordingIsJudgedAsTheWireWas() throws Exception {
    byte[] whole = response(STREAM);
    byte[] cut = java.util.Arrays.copyOf(whole, whole.length - 200);
    for (boolean reset : new boolean[] {false, true}) {
      String recording = record(cut, 10_000, reset);
      var report = read(recording);
      assertThat(report.cause()).hasToString("connection-lost");
      assertThat(recording).contains(reset ? "\"how\":\"reset\"" : "\"how\":\"early-fin\"");
    }
  }

  @Test
  void aReplayEndsAsTheWireDid(@TempDir Path dir) throws Exception {
    byte[] whole = response(STREAM);
    byte[] cut = java.util.Arrays.copyOf(whole, whole.length - 200);
    Path file = dir.resolve("a.holdfast");
    for (boolean reset : new boolean[] {false, true}) {
      Files.writeString(file, record(cut, 50, reset));
      try (var server = ReplayServer.start(file, 0, 0, line -> {})) {
        var request =
            DebugRequest.of(URI.create("http://127.0.0.1:" + server.port() + "/"), "", List.of());
        var report = StreamDebugger.builder().build().debugStream(request);
        assertThat(report.facts().exchange().end())
            .isEqualTo(reset ? WireEnd.RESET : WireEnd.EARLY_FIN);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = WireEnd.class,
      names = {"TIMED_OUT", "LINGERED"})
  void aReplayOfSilenceIsSilent(WireEnd how, @TempDir Path dir) throws Exception {
    Path file = dir.resolve("a.holdfast");
    Files.writeString(
        file,
        """
        {"holdfast":1,"input":"socket"}
        {"at_us":5,"event":"end","how":"%s"}
        """
            .formatted(how.id()));
    try (var server = ReplayServer.start(file, 0, 1, line -> {})) {
      var clocks = DebugLimits.DEFAULT.timeouts().withFirstToken(Duration.ofMillis(300));
      var report =
          StreamDebugger.builder()
              .limits(DebugLimits.DEFAULT.withTimeouts(clocks))
              .build()
              .debugStream(
                  DebugRequest.of(
                      URI.create("http://127.0.0.1:" + server.port() + "/"), "", List.of()));
      assertThat(report.facts().exchange().end()).isEqualTo(WireEnd.TIMED_OUT);
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          no JSON         | hello                                          | line 1: must be a JSON object
          newer version   | {"holdfast":2}                                 | line 1: holdfast: must be 1
          unknown input   | {"holdfast":1,"input":"tape"}                  | line 1: input: must be
          negative time   | {"holdfast":1,"input":"body"}~{"event":"bytes","at_us":-1} | line 2: at_us: must not be negative
          broken base64   | {"holdfast":1,"input":"body"}~{"event":"bytes","base64":"!"} | line 2:
          unknown end     | {"holdfast":1,"input":"body"}~{"event":"end","how":"x"}      | line 2: how: must be
          """)
  void whatIsNoRecordingIsReportedByItsLine(String name, String text, String message) {
    assertThatThrownBy(() -> read(text.replace("~", "\n")))
        .isInstanceOf(RecordingException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void linesOfLaterVersionsArePassedOver() throws Exception {
    var report =
        read(
            """
            {"holdfast":1,"input":"body","new":true}
            {"event":"weather"}

            {"event":"bytes","text":"data: x\\n\\n"}
            """);
    assertThat(report.facts().exchange().end()).isEqualTo(WireEnd.UNKNOWN);
    assertThat(report.facts().reading().frames()).isEqualTo(1);
  }
}
