package dev.holdfast.observe.explain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.Cause;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExplanationsTest {
  private static final List<String> IDS = Arrays.stream(Cause.values()).map(Cause::id).toList();
  private static final String DISCONNECTED =
      "stream disconnected before completion: stream closed before response.completed";

  private final Explanations explanations = Explanations.load();

  private static List<String> lines(String name) throws IOException {
    var root = Path.of(Objects.requireNonNull(System.getProperty("holdfast.root")));
    return Files.readAllLines(root.resolve("fixtures/debug/" + name)).stream()
        .filter(line -> !line.startsWith("#"))
        .toList();
  }

  private String cause(String pasted) {
    var matches = explanations.match(pasted);
    return matches.isEmpty() ? "unknown" : matches.getFirst().causes().getFirst();
  }

  @Test
  void everyCauseHasItsPageAndItsLine() {
    assertThat(explanations.causes()).containsExactlyElementsOf(IDS);
    for (String cause : IDS) {
      assertThat(explanations.page(cause)).contains("Symptom.").contains("Cure.");
      assertThat(explanations.summary(cause)).as(cause).hasSizeBetween(10, 80);
    }
    assertThat(explanations.summary("no-such-cause")).isEmpty();
    assertThat(explanations.page("no-such-cause")).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"IDLE-TIMEOUT", "idle timeout", " Idle_Timeout\n"})
  void aCauseIsFoundHoweverItIsWritten(String written) {
    assertThat(explanations.page(written)).isNotNull().isEqualTo(explanations.page("idle-timeout"));
  }

  @Test
  void whatPeoplePasteIsKnown() throws IOException {
    var wrong = new ArrayList<String>();
    var lines = lines("pasted-errors.txt");
    for (String line : lines) {
      String[] parts = line.split(" \\| ", 2);
      String cause = cause(parts[1]);
      if (!cause.equals(parts[0])) {
        wrong.add(cause + " <- " + line);
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(lines).hasSizeGreaterThan(400);
  }

  @Test
  void whatHasNothingToDoWithStreamsStaysUnknown() throws IOException {
    var wrong = new ArrayList<String>();
    var lines = lines("unrelated-lines.txt");
    for (String line : lines) {
      var matches = explanations.match(line);
      if (!matches.isEmpty()) {
        wrong.add(line + " <- " + matches.stream().map(KnownMessage::patterns).toList());
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(lines).hasSizeGreaterThan(100);
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        DISCONNECTED,
        "Error: " + DISCONNECTED,
        "Uncaught (in promise) Error: " + DISCONNECTED,
        "[ERROR] 2026-11-20T10:00:00.123Z codex: " + DISCONNECTED,
        "■ Stream disconnected before completion: stream closed before response.completed",
        "STREAM DISCONNECTED BEFORE COMPLETION: STREAM CLOSED BEFORE RESPONSE.COMPLETED",
        "stream disconnected before completion - stream closed before response_completed",
        "stream-disconnected before completion stream closed before response completed",
        "\u001b[31mstream disconnected\u001b[0m before completion: stream closed before response.completed",
        "[31;1mstream disconnected[0m before completion: stream closed before response.completed",
        "stream disconnected before\n   completion: stream closed\r\n  before response.completed",
        "│ stream disconnected before completion: str │\n│ eam closed before response.completed       │",
        "“stream disconnected before completion: stream closed before ‘response.completed’”",
        "{\"error\":{\"message\":\"stream disconnected before completion: stream closed before response.completed\"}}",
        "{\"error\":\"{\\\"message\\\":\\\"stream disconnected before completion:\\n stream closed before response.completed\\\"}\"}",
        "<p>stream <b>disconnected</b> before completion:&nbsp;stream closed before <code>response.completed</code></p>",
        "stream error: stream disconnected before completion: stream closed before response.completed; retrying 1/5 in 204ms…",
        "使用codex报错stream disconnected before completion: stream closed before response.completed，怎么办",
        "stream disconnected before completion: stream closed before response.completed\n    at run (/srv/app.js:1:2)\n    at main (/srv/app.js:3:4)",
        "stream disconected before completion: stream closed before response.completed",
        "stream disconnected before completion: stream closed before response.complete",
        "stream disconnected before completion: stream closed before resp…",
        "...connected before completion: stream closed before response.completed",
        "stream disconnected before completion: [...] before response.completed"
      })
  void aMessageIsKnownHoweverItIsPasted(String pasted) {
    assertThat(explanations.match(pasted)).as(pasted).isNotEmpty();
    assertThat(explanations.match(pasted).getFirst().causes().getFirst()).isEqualTo("truncated");
    assertThat(explanations.match(pasted).getFirst().software()).isEqualTo("Codex CLI");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          dev.langchain4j.exception.InternalServerException: overloaded | LangChain4j
          software.amazon.awssdk.services.bedrockruntime.model.InternalServerException: fault | Amazon Bedrock and the AWS SDKs
          botocore.errorfactory.InternalServerException: An error occurred (InternalServerException) when calling the ConverseStream operation | Amazon Bedrock and the AWS SDKs
          dev.langchain4j.exception.RateLimitException: 429 | LangChain4j
          dev.langchain4j.exception.TimeoutException: request timed out | LangChain4j
          botocore.errorfactory.ThrottlingException: Too many tokens | Amazon Bedrock and the AWS SDKs
          httpx.ReadTimeout | httpx, httpcore and h11
          requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='api.example.test', port=443): Read timed out. (read timeout=60) | requests and urllib3
          io.netty.handler.timeout.ReadTimeoutException | Netty and Reactor Netty
          botocore.exceptions.ReadTimeoutError: Read timeout on endpoint URL: "https://bedrock-runtime.example.test" | Amazon Bedrock and the AWS SDKs
          openai.RateLimitError: slow | OpenAI SDKs
          anthropic.RateLimitError: slow | Anthropic SDKs
          litellm.RateLimitError: slow | LiteLLM
          com.azure.core.exception.HttpResponseException: Status code 429 | Azure OpenAI
          """)
  void classesOfOneNameAreDistinguished(String pasted, String software) {
    assertThat(explanations.match(pasted)).isNotEmpty();
    assertThat(explanations.match(pasted).getFirst().software()).isEqualTo(software);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "error code: 528",
        "HTTP 430",
        "curl error 93",
        "the peer opened connection without sending complete message body",
        "streams disconnect before the game is complete",
        "upstream"
      })
  void almostIsNotEnough(String pasted) {
    assertThat(explanations.match(pasted)).isEmpty();
  }

  @Test
  void whatWrapsAnotherMessageComesAfterIt() {
    var matches =
        explanations.match(
            "litellm.APIConnectionError: APIConnectionError: OpenAIException - peer closed"
                + " connection without sending complete message body (incomplete chunked read)");
    assertThat(matches.getFirst().software()).isEqualTo("httpx, httpcore and h11");
    assertThat(matches).hasSizeGreaterThan(1);
    assertThat(
            explanations
                .match(
                    "TypeError: fetch failed\n [cause]: Error: getaddrinfo ENOTFOUND api.example.test")
                .getFirst()
                .patterns())
        .contains("getaddrinfo ENOTFOUND");
  }

  @Test
  void twoMessagesOfOneMeaningAreShownOnce() {
    assertThat(
            explanations.match(
                "httpx.RemoteProtocolError: peer closed connection without sending complete message"
                    + " body (incomplete chunked read)"))
        .extracting(KnownMessage::meaning)
        .doesNotHaveDuplicates();
  }

  @Test
  void ofALongLogTheEndIsLookedAt() {
    String log = "all is well\n".repeat(100_000) + "Error: socket\n   hang up\n";
    assertThat(explanations.match(log).getFirst().causes()).contains("connection-failed");
    assertThat(explanations.match("socket hang up\n" + "all is well\n".repeat(100_000))).isEmpty();
  }

  @Test
  void anyTextIsAnswered() {
    assertThat(explanations.match("")).isEmpty();
    assertThat(explanations.match("\0\ud800\\" + "u00 &#; %2 [ \\")).isEmpty();
    assertThat(explanations.match("a".repeat(200_000))).isEmpty();
    assertThat(explanations.match("...".repeat(50_000))).isEmpty();
    assertThat(explanations.match("upstream connect ".repeat(20_000))).isEmpty();
    assertThat(explanations.match("{\"a\":[<".repeat(20_000))).isEmpty();
  }
}
