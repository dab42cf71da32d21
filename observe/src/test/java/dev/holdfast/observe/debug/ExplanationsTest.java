package dev.holdfast.observe.debug;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.Cause;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExplanationsTest {
  private static final List<String> IDS = Arrays.stream(Cause.values()).map(Cause::id).toList();

  private final Explanations explanations = Explanations.load();

  @Test
  void everyCauseHasItsPage() {
    assertThat(explanations.causes()).containsExactlyElementsOf(IDS);
    for (String cause : IDS) {
      assertThat(explanations.page(cause)).contains("Symptom.").contains("Cure.");
    }
    assertThat(explanations.page("IDLE-TIMEOUT")).isEqualTo(explanations.page("idle-timeout"));
    assertThat(explanations.page("no-such-cause")).isNull();
  }

  @Test
  void everyMessageNamesKnownCausesItsSourceAndAMeaning() {
    assertThat(explanations.messages())
        .hasSizeGreaterThan(100)
        .allSatisfy(message -> {
          assertThat(IDS).containsAll(message.causes());
          assertThat(message.saidBy()).isNotBlank();
          assertThat(message.meaning()).endsWith(".");
          assertThat(message.pattern().length()).isGreaterThanOrEqualTo(8);
          // It must find itself, or the table holds a row that nothing can reach.
          assertThat(explanations.match(message.pattern().replace("*", "x")))
              .extracting(Explanations.Match::pattern)
              .contains(message.pattern());
        })
        .extracting(Explanations.Match::pattern)
        .doesNotHaveDuplicates();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          Error: SSE connection terminated unexpectedly             | connection-lost
          TypeError: ReadableStream closed                          | connection-lost
          Stream ended without finish_reason                        | truncated
          warning: Missing [DONE] marker                            | missing-done
          Malformed SSE data chunks                                 | malformed-frame
          Invalid JSON in stream                                    | malformed-json
          No data received within timeout                           | idle-timeout
          Stream timeout                                            | idle-timeout
          java.io.IOException: chunked transfer encoding, state: READING_LENGTH | connection-lost
          java.io.IOException: HTTP/1.1 header parser received no bytes | connection-failed
          java.net.http.HttpTimeoutException: request timed out     | first-token-timeout
          okhttp3.internal.http2.StreamResetException: stream was reset: CANCEL | connection-lost
          java.net.ProtocolException: unexpected end of stream      | connection-lost
          TypeError: terminated { [cause]: SocketError: other side closed } | connection-lost
          BodyTimeoutError: Body Timeout Error code: 'UND_ERR_BODY_TIMEOUT' | idle-timeout
          Error: read ECONNRESET                                    | connection-lost
          httpx.RemoteProtocolError: peer closed connection without sending complete message body (incomplete chunked read) | connection-lost
          requests.exceptions.ChunkedEncodingError: ("Connection broken: InvalidChunkLength(got length b'', 0 bytes read)" | connection-lost
          aiohttp.client_exceptions.ClientPayloadError: Response payload is not completed | connection-lost
          openai.APITimeoutError: Request timed out.                | first-token-timeout
          2026/11/20 [error] 7#7: *1 upstream timed out (110: Connection timed out) while reading upstream | idle-timeout
          <center><h1>504 Gateway Time-out</h1></center>            | first-token-timeout
          error code: 524                                           | first-token-timeout
          at=error code=H15 desc="Idle connection"                  | idle-timeout
          You exceeded your current quota, please check your plan   | rejected
          """)
  void aPastedMessageIsFound(String pasted, String cause) {
    assertThat(explanations.match(pasted)).isNotEmpty();
    assertThat(explanations.match(pasted).getFirst().causes().getFirst()).isEqualTo(cause);
  }

  @Test
  void whatPeoplePasteIsKnown() throws IOException {
    var root = Path.of(Objects.requireNonNull(System.getProperty("holdfast.root")));
    var lines =
        Files.readAllLines(root.resolve("fixtures/debug/pasted-errors.txt")).stream()
            .filter(line -> !line.startsWith("#"))
            .toList();
    assertThat(lines).hasSizeGreaterThan(140);
    assertThat(lines)
        .allSatisfy(line -> {
          String[] parts = line.split(" \\| ", 2);
          assertThat(explanations.match(parts[1])).as(line).isNotEmpty();
          assertThat(explanations.match(parts[1]).getFirst().causes().getFirst())
              .as(line)
              .isEqualTo(parts[0]);
        });
  }

  @Test
  void twoMessagesOfOneMeaningAreToldOnce() {
    assertThat(
            explanations.match(
                "httpx.RemoteProtocolError: peer closed connection without sending complete message"
                    + " body (incomplete chunked read)"))
        .hasSize(1);
  }

  @Test
  void ofALongLogTheEndIsLookedAt() {
    String log = "all is well\n".repeat(100_000) + "Error: socket\n   hang up\n";
    assertThat(explanations.match(log).getFirst().causes()).contains("connection-failed");
    assertThat(explanations.match("the sea is blue")).isEmpty();
  }
}
