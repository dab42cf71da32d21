package dev.holdfast.observe.debug;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.observe.debug.report.DebugJson;
import dev.holdfast.observe.debug.report.DebugReport;
import dev.holdfast.observe.debug.report.HtmlReport;
import dev.holdfast.observe.debug.rules.Culprit;
import dev.holdfast.observe.debug.wire.DebugRequest;
import dev.holdfast.observe.debug.wire.HeaderLine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DiagnosisTest {
  private static String name(DebugReport report) {
    return report.diagnosis().main().name();
  }

  private static String all(DebugReport report) {
    return report.diagnosis().main() + " " + report.diagnosis().notes();
  }

  @Nested
  class ACutAfterSilence {
    @ParameterizedTest(name = "{0} s, {1}")
    @CsvSource(
        delimiter = '|',
        nullValues = "-",
        textBlock =
            """
            60.2  | -                    | nginx                     | proxy_read_timeout
            60.2  | -                    | AWS Application           | idle_timeout.timeout_seconds=4000
            60.1  | Server: nginx/1.27   | nginx                     | proxy_read_timeout 3600s
            100.4 | -                    | Cloudflare                | keep-alives from the origin
            100.4 | CF-Ray: 8a-FRA       | Cloudflare                | keep-alives from the origin
            55.1  | Via: 1.1 vegur       | Heroku                    | H15
            230.3 | -                    | Azure App Service         | 230 s
            240.9 | -                    | Azure Load Balancer       | idleTimeoutInMinutes
            350.2 | -                    | AWS NAT gateway           | tcp.idle_timeout.seconds
            """)
    void isKnownByItsNumber(String seconds, @Nullable String header, String who, String setting) {
      var played = new Played().asked();
      played.head("Content-Type: text/event-stream", header == null ? "X-A: b" : header);
      var report =
          played
              .chunk(Played.TOKEN)
              .after(Duration.ofMillis((long) (Double.parseDouble(seconds) * 1000)))
              .fin();
      assertThat(name(report)).isEqualTo("proxy-idle-timeout");
      assertThat(report.cause()).isEqualTo(Cause.CONNECTION_LOST);
      assertThat(report.diagnosis().main().culprit()).isEqualTo(Culprit.PROXY);
      assertThat(report.diagnosis().main().summary()).contains(who);
      assertThat(report.diagnosis().main().advice()).anyMatch(line -> line.contains(setting));
    }

    @Test
    void ofAServerThatShowsItselfIsItsOwnAlone() {
      var report =
          new Played()
              .asked()
              .head("Content-Type: text/event-stream", "Server: awselb/2.0")
              .chunk(Played.TOKEN)
              .after(Duration.ofSeconds(60))
              .reset();
      assertThat(report.diagnosis().main().summary()).contains("AWS").doesNotContain("nginx");
    }

    @Test
    void ofAnUnknownNumberIsNoKnownTimeout() {
      var report =
          new Played().asked().sse().chunk(Played.TOKEN).after(Duration.ofSeconds(42)).fin();
      assertThat(name(report)).isEqualTo("closed-early");
    }

    @Test
    void beforeTheHeadIsTheSame() {
      assertThat(name(new Played().asked().after(Duration.ofSeconds(60)).fin()))
          .isEqualTo("proxy-idle-timeout");
    }
  }

  @Test
  void aResponseCutAtARoundTimeWithoutSilenceIsAWholeResponsesLimit() {
    var played = new Played().asked().sse();
    for (int second = 0; second < 29; second++) {
      played.after(Duration.ofSeconds(1)).chunk(Played.TOKEN);
    }
    var report = played.fin();
    assertThat(name(report)).isEqualTo("proxy-total-timeout");
    assertThat(report.diagnosis().main().summary()).contains("API Gateway");
  }

  @Test
  void aBodyThatEndsProperlyAtARoundTimeIsALimitOnlyWhereItsProductShows() {
    assertThat(name(endedProperly("Server: unknown"))).isEqualTo("truncated");
    assertThat(name(endedProperly("Server: envoy"))).isEqualTo("proxy-total-timeout");
  }

  private static DebugReport endedProperly(String server) {
    var played = new Played().asked().head("Content-Type: text/event-stream", server);
    for (int second = 0; second < 15; second++) {
      played.after(Duration.ofSeconds(1)).chunk(Played.TOKEN);
    }
    return played.lastChunk();
  }

  @Test
  void burstsAfterSilenceAreABufferingProxy() {
    var played = new Played().asked().sse();
    for (int burst = 0; burst < 3; burst++) {
      played.after(Duration.ofSeconds(3)).chunk(Played.TOKEN.repeat(20));
    }
    var report = played.chunk(Played.FINISH + Played.DONE).lastChunk();
    assertThat(report.cause()).isNull();
    assertThat(name(report)).isEqualTo("buffered");
    assertThat(all(report)).contains("proxy_buffering off").contains("X-Accel-Buffering: no");
  }

  @Test
  void tokensAtAnEvenPaceAreHealthy() {
    var played = new Played().asked().sse();
    for (int token = 0; token < 60; token++) {
      played.after(Duration.ofMillis(30)).chunk(Played.TOKEN.replace("word", "w" + token));
    }
    var report = played.chunk(Played.FINISH + Played.DONE).lastChunk();
    assertThat(name(report)).isEqualTo("healthy");
    assertThat(report.facts().pace().contentGaps().max()).isEqualTo(30_000_000);
  }

  private static String token(int number) {
    return Played.TOKEN.replace("word", "w" + number);
  }

  /** {@return an answer of bursts: so many events each, then a pause} */
  private static DebugReport bursts(int events, int size, int... pauses) {
    var played = new Played().asked().sse();
    for (int i = 0; i < events; i++) {
      if (i % size == 0) {
        played.after(Duration.ofMillis(pauses[i / size % pauses.length]));
      }
      played.chunk(token(i));
    }
    return played.chunk(Played.FINISH + Played.DONE).lastChunk();
  }

  @Test
  void anAnswerThatCameAtOnceWasCollected() {
    var report = bursts(12, 12, 2400);
    assertThat(name(report)).isEqualTo("buffered");
    assertThat(all(report))
        .contains("The whole answer came at once")
        .contains("12 events of content came within 0.0 ms, 2.4 s after the request");
  }

  /** Few events are no proof of a buffer, and yet worth a line. */
  @Test
  void aShortAnswerThatCameAtOnceMayHaveBeenCollected() {
    var report = bursts(7, 7, 1100);
    assertThat(name(report)).isEqualTo("short-at-once");
    assertThat(all(report))
        .contains("7 events of content came within 0.0 ms, 1.1 s after the request")
        .contains("a hundred words");
    assertThat(name(bursts(7, 7, 900))).isEqualTo("healthy");
    assertThat(name(bursts(2, 2, 1100))).isEqualTo("healthy");
  }

  @Test
  void burstsOfAnySizeAtRegularIntervalsWereCollected() {
    assertThat(all(bursts(40, 4, 300)))
        .contains("40 events of content came in 10 bursts of about 4, one every 300 ms");
    assertThat(name(bursts(60, 12, 500))).isEqualTo("buffered");
    assertThat(name(bursts(30, 3, 120, 140, 110))).isEqualTo("buffered");
    assertThat(name(bursts(40, 3, 300))).as("the last burst is a part").isEqualTo("buffered");
    assertThat(all(bursts(40, 2, 300))).contains("20 bursts of about 2, one every 300 ms");
  }

  /** As nginx's default sent an answer of 20 KB on a busy machine. */
  @Test
  void manyEventsAtATimeNeedNoClock() {
    var played = new Played().asked().sse();
    var fast = new Played().asked().sse();
    int number = 0;
    for (int pause : new int[] {500, 950, 150}) {
      var piece = new StringBuilder();
      played.after(Duration.ofMillis(pause));
      fast.after(Duration.ofMillis(pause));
      for (int i = 0; i < 20; i++) {
        piece.append(token(number));
        fast.after(Duration.ofMillis(1)).chunk(token(number++));
      }
      played.chunk(piece.toString());
    }
    assertThat(all(played.chunk(Played.FINISH + Played.DONE).lastChunk()))
        .contains("60 events of content came in 3 bursts of about 20");
    assertThat(name(fast.chunk(Played.FINISH + Played.DONE).lastChunk()))
        .as("a fast model that pauses")
        .isEqualTo("healthy");
  }

  @Test
  void burstsWithoutAClockAndFastModelsAreHealthy() {
    assertThat(name(bursts(40, 4, 20, 400, 60, 900))).isEqualTo("healthy");
    assertThat(name(bursts(60, 30, 400, 900))).as("one stall of a fast model").isEqualTo("healthy");
    assertThat(name(bursts(40, 2, 150))).isEqualTo("healthy");
    var fast = new Played().asked().sse().after(Duration.ofMillis(700));
    for (int i = 0; i < 200; i++) {
      fast.after(Duration.ofMillis(1)).chunk(token(i));
    }
    assertThat(name(fast.chunk(Played.FINISH + Played.DONE).lastChunk())).isEqualTo("healthy");
  }

  @Test
  void aSlowFirstTokenHasItsFigureAndWhatIsUsual() {
    var played = new Played().asked().sse().after(Duration.ofSeconds(12));
    for (int i = 0; i < 30; i++) {
      played.after(Duration.ofMillis(40)).chunk(token(i));
    }
    var report = played.chunk(Played.FINISH + Played.DONE).lastChunk();
    assertThat(name(report)).isEqualTo("slow-first-token");
    assertThat(all(report)).contains("12.0 s from the request; usual: 0.3 to 3 s");
  }

  @Test
  void aStallHasItsFigureAndWhatIsUsual() {
    var played = new Played().asked().sse();
    for (int i = 0; i < 30; i++) {
      played.after(i == 20 ? Duration.ofSeconds(6) : Duration.ofMillis(40)).chunk(token(i));
    }
    var report = played.chunk(Played.FINISH + Played.DONE).lastChunk();
    assertThat(name(report)).isEqualTo("long-silence");
    assertThat(all(report)).contains("6.0 s of silence").contains("40 ms between events");

    var slow = new Played().asked().sse();
    for (int i = 0; i < 8; i++) {
      slow.after(i == 5 ? Duration.ofSeconds(6) : Duration.ofSeconds(2)).chunk(token(i));
    }
    assertThat(name(slow.chunk(Played.FINISH + Played.DONE).lastChunk())).isEqualTo("healthy");
  }

  @Test
  void eventsThatAllCameTwiceAreReplayed() {
    var played = new Played().asked().sse();
    for (int i = 0; i < 20; i++) {
      played.after(Duration.ofMillis(30)).chunk(token(i)).chunk(token(i));
    }
    var report = played.chunk(Played.FINISH + Played.DONE).lastChunk();
    assertThat(all(report))
        .contains("Every event came twice in a row")
        .contains("20 of 42 events equal the one before");
  }

  @Test
  void anHttp10BodyThatEndsIsNeverSureToBeWhole() {
    String head = "HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    var cut = new Played().asked().wire(head + Played.TOKEN).fin();
    assertThat(name(cut)).isEqualTo("closed-without-proof");
    assertThat(cut.cause()).isEqualTo(Cause.TRUNCATED);
    assertThat(all(cut)).contains("proxy_http_version 1.1");
    var whole = new Played().asked().wire(head + Played.TOKEN + Played.FINISH + Played.DONE).fin();
    assertThat(name(whole)).isEqualTo("http-1.0");
    assertThat(whole.cause()).isNull();
  }

  @Nested
  class Compression {
    private final byte[] gzipped = gzip(Played.TOKEN + Played.FINISH + Played.DONE);

    @Test
    void isTakenOffForTheVerdictAndNamed() {
      var report =
          new Played()
              .asked()
              .wire(
                  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n"
                      + "Content-Length: "
                      + gzipped.length
                      + "\r\n\r\n")
              .wire(gzipped)
              .fin();
      assertThat(report.cause()).isNull();
      assertThat(name(report)).isEqualTo("compressed");
      assertThat(report.facts().reading().contentFrames()).isEqualTo(1);
    }

    @Test
    void thatNoHeaderDeclaresIsFoundOut() {
      var report =
          new Played()
              .asked()
              .wire("HTTP/1.1 200 OK\r\nContent-Length: " + gzipped.length + "\r\n\r\n")
              .wire(gzipped)
              .fin();
      assertThat(report.cause()).isNull();
      assertThat(report.diagnosis().main().summary()).contains("no header declares it");
    }

    @Test
    void thatIsCutIsACut() {
      var report =
          new Played()
              .asked()
              .wire("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9999\r\n\r\n")
              .wire(java.util.Arrays.copyOf(gzipped, 30))
              .fin();
      assertThat(report.cause()).isEqualTo(Cause.CONNECTION_LOST);
    }

    @Test
    void thatCannotBeTakenOffIsNamed() {
      var report =
          new Played().asked().head("Content-Encoding: br").chunk("\u0001\u0002").lastChunk();
      assertThat(report.cause()).isEqualTo(Cause.MALFORMED_FRAME);
      assertThat(name(report)).isEqualTo("compression");
      assertThat(report.diagnosis().main().summary())
          .isEqualTo("The body is compressed with Brotli (br), which the request did not allow.");
      assertThat(report.diagnosis().main().evidence())
          .contains("content-encoding: br", "the request had Accept-Encoding: identity");
      assertThat(report.diagnosis().main().advice()).anyMatch(it -> it.contains("brotli off"));
    }

    @Test
    void thatTheRequestAllowedIsTheRequestsDoing() {
      var played = new Played();
      var request =
          DebugRequest.of(
              Played.request().uri(),
              "{\"stream\":true}",
              List.of(new HeaderLine("Accept-Encoding", "gzip, br;q=0, zstd")));
      played.session.requestSent(request, 0);
      var report = played.head("Content-Encoding: zstd").chunk("\u0001\u0002").lastChunk();
      assertThat(report.diagnosis().main().culprit()).isEqualTo(Culprit.REQUEST);
      assertThat(report.diagnosis().main().summary())
          .isEqualTo("The body is compressed with Zstandard (zstd), as the request allows.");

      var other = new Played();
      other.session.requestSent(request, 0);
      assertThat(
              other
                  .head("Content-Encoding: br")
                  .chunk("x")
                  .lastChunk()
                  .diagnosis()
                  .main()
                  .summary())
          .endsWith("which the request did not allow.");
    }

    @Test
    void thatNoHeaderDeclaresIsKnownByItsMark() {
      var report =
          new Played()
              .asked()
              .wire("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")
              .wire(new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 4, 0, 1, 2})
              .fin();
      assertThat(report.cause()).isEqualTo(Cause.MALFORMED_FRAME);
      assertThat(report.diagnosis().main().summary())
          .isEqualTo(
              "The body is compressed with Zstandard (zstd), and no header declares it:"
                  + " no client can read it.");
    }

    private static byte[] gzip(String text) {
      var out = new ByteArrayOutputStream();
      try (var gzip = new GZIPOutputStream(out)) {
        gzip.write(text.getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        throw new AssertionError(e);
      }
      return out.toByteArray();
    }
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "00001204 0000000000 000300000064", // SETTINGS
        "00002407 0000000000 7fffffff00000001 485454502f3220", // GOAWAY
      })
  void http2FramesInPlaceOfAStatusLineAreNamed(String hex) {
    var bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
    var report = new Played().asked().wire(bytes).fin();
    assertThat(report.cause()).isEqualTo(Cause.CONNECTION_FAILED);
    assertThat(name(report)).isEqualTo("http2-only");
    assertThat(report.diagnosis().main().evidence().getFirst())
        .contains(hex.startsWith("000012") ? "SETTINGS" : "GOAWAY");
    assertThat(report.diagnosis().main().advice())
        .anyMatch(change -> change.contains("--http2-prior-knowledge"));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          403 Forbidden                  | X-Any: 1     | Unknown ALPN Protocol, expected `h2` to be available.
          400 Bad Request                | X-Any: 1     | Unexpected HTTP/1.x request: POST /v1/chat/completions
          505 HTTP Version Not Supported | X-Any: 1     | no
          426 Upgrade Required           | Upgrade: h2c | no
          """)
  void anErrorThatAsksForHttp2IsNamed(String status, String header, String body) {
    var report =
        new Played()
            .asked()
            .wire("HTTP/1.1 " + status + "\r\n" + header + "\r\n")
            .wire("Content-Length: " + body.length() + "\r\n\r\n" + body)
            .fin();
    assertThat(name(report)).isEqualTo("http2-only");
  }

  @Test
  void aDocumentInPlaceOfAStreamIsNamedWithTheSideThatForgotTheStream() {
    String document =
        "{\"id\":\"c\",\"object\":\"chat.completion\",\"choices\":[{\"message\":{\"content\":\"hi\"}}]}";
    var report =
        new Played().asked().head("Content-Type: application/json").chunk(document).lastChunk();
    assertThat(name(report)).isEqualTo("not-a-stream");
    assertThat(report.diagnosis().main().culprit()).isEqualTo(Culprit.PROXY);
  }

  @Test
  void anAnswerThatIsWholeButDoesNotEndIsLeftAtTheLinger() {
    var report =
        new Played()
            .asked()
            .sse()
            .chunk(Played.TOKEN + Played.FINISH + Played.DONE)
            .untilTheClock();
    assertThat(report.cause()).isNull();
    assertThat(name(report)).isEqualTo("kept-open");
  }

  /** Both clocks of a body may be equally long, and then the one on content is the first. */
  @Test
  void silenceWithoutKeepAlivesIsAStallByAnyClock() {
    var report = new Played().asked().sse().chunk(Played.TOKEN).untilTheClock();
    assertThat(report.cause()).isEqualTo(Cause.PROGRESS_TIMEOUT);
    assertThat(name(report)).isEqualTo("stall");
    assertThat(all(report)).contains("not even a keep-alive came").doesNotContain("Keep-alives");
  }

  @Test
  void keepAlivesWithoutContentAreADeadModel() {
    var played = new Played().asked().sse().chunk(Played.TOKEN);
    for (int beat = 0; beat < 29; beat++) {
      played.after(Duration.ofSeconds(10)).chunk(": keep-alive\n\n");
    }
    var report = played.untilTheClock();
    assertThat(report.cause()).isEqualTo(Cause.PROGRESS_TIMEOUT);
    assertThat(name(report)).isEqualTo("dead-model");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          quota      | 429 | {"error":{"code":"insufficient_quota","message":"You exceeded"}} | quota
          rate       | 429 | {"error":{"type":"rate_limit_error","message":"slow down"}}      | rate-limit
          key        | 401 | {"error":{"message":"Incorrect API key"}}                        | auth
          model      | 404 | {"error":{"message":"model 'x' not found"}}                      | unknown-model
          path       | 404 | <html>nginx</html>                                               | wrong-path
          context    | 400 | {"error":{"code":"context_length_exceeded","message":"too many"}}| prompt-too-large
          overload   | 529 | {"type":"error","error":{"type":"overloaded_error"}}             | overload
          cloudflare | 524 | error code: 524                                                  | gateway-timeout
          gateway    | 502 | <html><h1>502 Bad Gateway</h1></html>                            | bad-gateway
          moved      | 308 | -                                                                | redirect
          """)
  void anErrorStatusIsNamedByItsMessage(String name, int status, String body, String expected) {
    var report =
        new Played()
            .asked()
            .wire("HTTP/1.1 " + status + " No\r\nContent-Length: " + body.length() + "\r\n\r\n")
            .wire(body)
            .fin();
    assertThat(name(report)).isEqualTo(expected);
    assertThat(report.diagnosis().main().advice()).isNotEmpty();
  }

  @Test
  void aReportWithoutAnExchangeIsMarkedAsOne() {
    var debugger = StreamDebugger.builder().build();
    debugger.logEvent("thought", "nothing yet");
    var report = debugger.generateReport();
    assertThat(report.verdict()).isNull();
    assertThat(name(report)).isEqualTo("nothing");
    assertThat(report.first()).hasSize(1);
    assertThat(DebugJson.report(report)).contains("\"verdict\":null");
    assertThat(HtmlReport.of(report, "")).contains("Nothing was debugged yet.");
  }
}
