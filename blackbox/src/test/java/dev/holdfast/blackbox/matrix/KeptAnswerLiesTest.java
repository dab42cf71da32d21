package dev.holdfast.blackbox.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.blackbox.matrix.LyingServer.Response;
import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Outcome;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Kept answers of Gemini's Interactions and of llama.cpp that are not what they were, over sockets:
 * the truth to the letter, or a prefix of it that is not complete. The former have event ids and
 * mostly a document, the latter nothing but bytes.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class KeptAnswerLiesTest {
  private static final List<String> WORDS =
      split(
          "Every evening the keeper climbed the tower, lit the lamp and waited until the boats had"
              + " reached the harbour wall.");
  private static final List<String> OTHERS =
      split(
          "Once a year we sail to the isle of gulls where nothing grows but salt and the old"
              + " lighthouse sleeps.");

  private static List<String> split(String text) {
    return List.of(text.split("(?<= )", -1));
  }

  private static final String TRUTH = String.join("", WORDS);
  private static final int CUT = 9;

  private record Read(String text, Outcome outcome, List<String> requests) {
    void isTheTruth() {
      assertThat(text).isEqualTo(TRUTH);
      assertThat(outcome.verdict()).isEqualTo(new Verdict.Complete());
      assertThat(outcome.exactness()).isEqualTo(Exactness.EXACT);
    }

    void isAPrefix() {
      assertThat(TRUTH).startsWith(text);
      isNotClaimed();
    }

    void isNotClaimed() {
      assertThat(outcome.verdict()).isNotInstanceOf(Verdict.Complete.class);
      assertThat(outcome.exactness()).isNotEqualTo(Exactness.EXACT);
    }
  }

  private static Read read(LyingServer server, String dialect, String path, String body) {
    try (var client =
            Holdfast.builder()
                .upstream(
                    Upstream.of(dialect, server.uri(path), "key")
                        .withCapability(new Capability(List.of(Rung.CURSOR), Prefill.PLAIN)))
                .build();
        var stream = client.stream(body)) {
      var text = new StringBuilder();
      for (var event : stream) {
        if (event instanceof StreamEvent.TextDelta delta) {
          text.append(delta.text());
        }
      }
      return new Read(text.toString(), stream.outcome(), List.copyOf(server.requests));
    }
  }

  // ---------------------------------------------------------------- Interactions

  private static String event(int id, String type, String rest) {
    String numbered = id < 0 ? "" : "\"event_id\":\"e" + id + "\",";
    return "data: {\"event_type\":\"%s\",%s%s}\n\n".formatted(type, numbered, rest);
  }

  private static String words(List<String> words, int from, int to, int firstId) {
    return IntStream.range(from, to)
        .mapToObj(i ->
            event(
                firstId < 0 ? -1 : firstId + i - from,
                "step.delta",
                "\"index\":0,\"delta\":{\"type\":\"text\",\"text\":\"" + words.get(i) + "\"}"))
        .collect(Collectors.joining());
  }

  private static String end(int id, String text) {
    String outputs =
        text.isEmpty() ? "" : ",\"outputs\":[{\"type\":\"text\",\"text\":\"" + text + "\"}]";
    return event(
        id,
        "interaction.completed",
        "\"interaction\":{\"id\":\"v1\",\"status\":\"completed\"" + outputs + "}");
  }

  /** The events of the answer: the head is e0, its step e1, the words from e2 on. */
  private static String answer(List<String> words, int from, int shift) {
    int last = WORDS.size() + 2;
    return words(words, from, words.size(), from + 2 + shift)
        + event(last + shift, "step.stop", "\"index\":0")
        + end(last + 1 + shift, "");
  }

  private static String resumed(String lie) {
    int next = CUT + 2;
    return switch (lie) {
      case "none" -> answer(WORDS, CUT, 0);
      case "only the end, with the whole text" -> end(next, TRUTH);
      case "only the end, empty" -> end(next, "");
      case "only the end, empty, under its own id" -> end(WORDS.size() + 3, "");
      case "one too low" -> answer(WORDS, CUT, -1);
      case "another answer" -> answer(OTHERS, CUT, 0);
      case "another answer, which the end repeats" ->
          answer(OTHERS, CUT, 0)
              .replace(end(WORDS.size() + 3, ""), end(WORDS.size() + 3, String.join("", OTHERS)));
      case "three events missing" -> answer(WORDS, CUT + 3, 0);
      case "three events missing later" ->
          words(WORDS, CUT, CUT + 2, next) + answer(WORDS, CUT + 5, 0);
      case "from the start, without ids" ->
          words(WORDS, 0, WORDS.size(), -1) + event(-1, "step.stop", "\"index\":0") + end(-1, "");
      default -> throw new IllegalArgumentException(lie);
    };
  }

  private static LyingServer interactions(String lie, boolean kept) throws IOException {
    String head =
        event(0, "interaction.created", "\"interaction\":{\"id\":\"v1\"}")
            + event(1, "step.start", "\"index\":0,\"step\":{\"type\":\"model_output\"}");
    String document =
        "{\"id\":\"v1\",\"status\":\"completed\",\"outputs\":[{\"type\":\"text\",\"text\":\"%s\"}]}"
            .formatted(TRUTH);
    var resumptions = new AtomicInteger();
    return new LyingServer(line ->
        line.startsWith("POST") && !line.endsWith("/cancel")
            ? Response.cutEvents(head + words(WORDS, 0, CUT, 2))
            : line.contains("last_event_id=")
                ? resumptions.incrementAndGet() == 1
                    ? Response.events(resumed(lie))
                    : Response.gone()
                : kept ? Response.document(document) : Response.gone());
  }

  @ParameterizedTest(name = "{0}, document kept: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "none                                  | true  | truth",
        "none                                  | false | truth",
        "only the end, with the whole text     | true  | truth",
        "only the end, with the whole text     | false | truth",
        "only the end, empty                   | true  | truth",
        "only the end, empty                   | false | prefix",
        "only the end, empty, under its own id | true  | truth",
        "only the end, empty, under its own id | false | prefix",
        "one too low                           | true  | truth",
        "one too low                           | false | prefix",
        "another answer                        | true  | refused",
        "another answer, which the end repeats | true  | refused",
        "another answer, which the end repeats | false | refused",
        "three events missing                  | true  | truth",
        "three events missing                  | false | prefix",
        "three events missing later            | true  | truth",
        "three events missing later            | false | prefix",
        "from the start, without ids           | true  | truth",
        "from the start, without ids           | false | prefix",
      })
  void anInteractionIsTrueOrNotComplete(String lie, boolean kept, String expected)
      throws IOException {
    try (var server = interactions(lie, kept)) {
      var read =
          read(
              server,
              "gemini-interactions",
              "/v1beta",
              "{\"model\":\"m\",\"input\":\"Tell\",\"stream\":true}");
      assertThat(read.requests()).anyMatch(line -> line.contains("last_event_id=e10"));
      switch (expected) {
        case "truth" -> read.isTheTruth();
        case "prefix" -> read.isAPrefix();
        default -> read.isNotClaimed();
      }
    }
  }

  // ---------------------------------------------------------------- llama.cpp

  private static String chunk(String word) {
    return "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}]}\n\n"
        .formatted(word);
  }

  /** So late that the last 1,024 bytes, the witness of the place, do not begin at the start. */
  private static final int LATE_CUT = 17;

  private static final String END =
      """
      data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

      data: [DONE]

      """;

  private static String chunks(List<String> words) {
    return words.stream().map(KeptAnswerLiesTest::chunk).collect(Collectors.joining()) + END;
  }

  private static String from(String body, int offset) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    int start = Math.clamp(offset, 0, bytes.length);
    return new String(Arrays.copyOfRange(bytes, start, bytes.length), StandardCharsets.UTF_8);
  }

  private static String bytes(String lie, int offset) {
    String all = chunks(WORDS);
    int delivered = chunks(WORDS.subList(0, LATE_CUT)).length() - END.length();
    return switch (lie) {
      case "none" -> from(all, offset);
      case "only the end" -> END;
      case "only the marker" -> "data: [DONE]\n\n";
      case "one too low" -> from(all, offset - 1);
      case "one too high" -> from(all, offset + 1);
      case "another answer" -> from(chunks(OTHERS), offset);
      case "three chunks missing" ->
          from(all, offset + chunks(WORDS.subList(0, 3)).length() - END.length());
      case "from the start" -> all;
      case "from where the client was" -> from(all, delivered);
      case "nothing" -> "";
      default -> throw new IllegalArgumentException(lie);
    };
  }

  private static LyingServer llama(String lie) throws IOException {
    var resumptions = new AtomicInteger();
    return new LyingServer(line -> {
      if (line.startsWith("POST")) {
        return Response.cutEvents(
            WORDS.subList(0, LATE_CUT).stream()
                .map(KeptAnswerLiesTest::chunk)
                .collect(Collectors.joining()));
      }
      boolean first = line.startsWith("GET") && resumptions.incrementAndGet() == 1;
      int offset = first ? Integer.parseInt(line.substring(line.lastIndexOf('=') + 1)) : 0;
      return first ? Response.events(bytes(lie, offset)) : Response.gone();
    });
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "none, true",
    "only the end, false",
    "only the marker, false",
    "one too low, false",
    "one too high, false",
    "another answer, false",
    "three chunks missing, false",
    "from the start, false",
    "from where the client was, false",
    "nothing, false",
  })
  void keptBytesAreTrueOrNotComplete(String lie, boolean truth) throws IOException {
    try (var server = llama(lie)) {
      var read =
          read(server, "openai-chat", "/v1", "{\"model\":\"m\",\"messages\":[],\"stream\":true}");
      assertThat(read.requests())
          .anyMatch(line -> line.contains("/stream?conv_id=") && !line.endsWith("&from=0"));
      if (truth) {
        read.isTheTruth();
      } else {
        read.isAPrefix();
      }
    }
  }
}
