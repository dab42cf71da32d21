package dev.holdfast.core.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.engine.StreamPlan;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.relay.Relayed.Answer;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Gemini's stream as one array, relayed: what leaves is one JSON array, whole or with an error. */
class GeminiArrayTest {
  private static final String ID = Dialects.GEMINI_JSON_ARRAY;
  private static final String TEXT = RelayTest.TEXT;

  private static String body(String id, String text) {
    return Bodies.answer("gemini-sse", id, text)
        .strip()
        .replaceFirst("^data: ", "[")
        .replaceAll("\\r?\\n\\r?\\ndata: ", "\r\n,\r\n")
        .concat("\n]");
  }

  private static Relayed relayed(Rung... rungs) {
    var plan =
        new StreamPlan(
            Dialects.relayed(ID),
            Bodies.request("gemini-sse"),
            new Capability(List.of(rungs), Prefill.PLAIN),
            StreamPolicy.DEFAULT);
    return new Relayed(plan, new Front(ID, Relayed.HEAD));
  }

  private static List<Json> elements(String body) throws Json.MalformedException {
    return ((Json.Arr) Json.parse(body)).items();
  }

  private static String text(String body) throws Json.MalformedException {
    var text = new StringBuilder();
    for (var element : elements(body)) {
      var candidates = ((Json.Obj) element).array("candidates");
      for (var item : candidates == null ? List.<Json>of() : candidates.items()) {
        var content = ((Json.Obj) item).object("content");
        var parts = content == null ? null : content.array("parts");
        for (var part : parts == null ? List.<Json>of() : parts.items()) {
          text.append(((Json.Obj) part).text("text"));
        }
      }
    }
    return text.toString();
  }

  @Test
  void aHealthyArrayLeavesByteForByte() {
    String body = body("one", TEXT);
    for (int chunk : new int[] {1, 2, 3, 5, 64, body.length()}) {
      var relayed = relayed().run((attempt, upstream, request) -> Answer.whole(body), chunk);
      assertThat(relayed.ending().verdict().isComplete()).isTrue();
      assertThat(relayed.text()).isEqualTo(body);
    }
  }

  @Test
  void anArrayThatIsCutAtAnyByteLeavesAsOneArray() throws Exception {
    byte[] body = body("one", TEXT).getBytes(StandardCharsets.UTF_8);
    for (int cut = 0; cut < body.length - 2; cut += 7) {
      int length = cut;
      var relayed =
          relayed(Rung.REPLAY)
              .run(
                  (attempt, upstream, request) ->
                      attempt == 1
                          ? new Answer(Arrays.copyOf(body, length), length % 2 == 0)
                          : Answer.whole(body("two", TEXT)),
                  1 + cut % 97);
      assertThat(text(relayed.text())).as("cut at %d: %s", cut, relayed.text()).isEqualTo(TEXT);
      assertThat(relayed.ending().verdict().isComplete()).isTrue();
    }
  }

  @Test
  void anArrayThatCannotBeHadEndsWithAnErrorAndIsOneArray() throws Exception {
    byte[] body = body("one", TEXT).getBytes(StandardCharsets.UTF_8);
    for (int cut = 0; cut < body.length - 20; cut += 11) {
      int length = cut;
      var relayed =
          relayed()
              .run(
                  (attempt, upstream, request) ->
                      new Answer(attempt == 1 ? Arrays.copyOf(body, length) : new byte[0], true),
                  64);
      var elements = elements(relayed.text());
      assertThat(((Json.Obj) elements.getLast()).has("error")).isTrue();
      assertThat(TEXT).startsWith(text(relayed.text()));
    }
  }

  /** Google's members that Holdfast has no event for, as signatures of thoughts, are kept. */
  @Test
  void afterASignOfLifeTheArrayLeavesByteForByte() throws Exception {
    String body = body("one", TEXT);
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    for (int before = 0; before < bytes.length; before += 5) {
      var relayed = relayed(Rung.REPLAY);
      relayed.signal(new Signal.Begin());
      relayed.signal(new Signal.HeadersArrived(1, Relayed.head(), 0));
      relayed.signal(new Signal.BytesArrived(1, ByteBuffer.wrap(bytes, 0, before)));
      int left = relayed.body.size();
      for (int i = 0; i < 2; i++) {
        relayed.body.writeBytes(relayed.relay.keepAlive());
      }
      relayed.signal(
          new Signal.BytesArrived(1, ByteBuffer.wrap(bytes, before, bytes.length - before)));
      relayed.signal(new Signal.EndOfBody(1));
      int place = left == 0 ? 1 : left;
      assertThat(relayed.text())
          .as("after %d", before)
          .isEqualTo(body.substring(0, place) + "\n\n" + body.substring(place));
      assertThat(text(relayed.text())).isEqualTo(TEXT);
    }
  }

  /** Some servers send one document in place of the array. */
  @Test
  void aDocumentInPlaceOfTheArrayLeavesAsAnArray() throws Exception {
    String body =
        "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"all\"}]},\"finishReason\":\"STOP\"}]}";
    for (int chunk : new int[] {1, 7, body.length()}) {
      for (int signs = 0; signs < 2; signs++) {
        var relayed = relayed();
        int count = signs;
        relayed.run(
            (attempt, upstream, request) -> {
              for (int i = 0; i < count; i++) {
                relayed.body.writeBytes(relayed.relay.keepAlive());
              }
              return Answer.whole(body);
            },
            chunk);
        assertThat(text(relayed.text())).as(relayed.text()).isEqualTo("all");
        assertThat(relayed.ending().verdict().isComplete()).isTrue();
      }
    }
  }

  @Test
  void aSecondAttemptAfterASignOfLifeIsOneArray() throws Exception {
    String body = body("one", TEXT);
    var relayed = relayed(Rung.REPLAY);
    relayed.run(
        (attempt, upstream, request) -> {
          if (attempt > 1) {
            return Answer.whole(body);
          }
          relayed.body.writeBytes(relayed.relay.keepAlive());
          return new Answer(new byte[0], true);
        },
        64);
    assertThat(relayed.text()).isEqualTo("[\n" + body.substring(1));
  }

  /** A whole answer waits for its end in one element; a sign of life must not open it twice. */
  @Test
  void aSignOfLifeWhileAnElementWaitsKeepsItOneArray() throws Exception {
    String body =
        """
        [{"candidates":[{"content":{"parts":[{"text":"all"}]},"finishReason":"STOP"}]}
        ]
        """;
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    int before = body.lastIndexOf(']');
    var relayed = relayed(Rung.REPLAY);
    relayed.signal(new Signal.Begin());
    relayed.signal(new Signal.HeadersArrived(1, Relayed.head(), 0));
    relayed.signal(new Signal.BytesArrived(1, ByteBuffer.wrap(bytes, 0, before)));
    relayed.body.writeBytes(relayed.relay.keepAlive());
    relayed.signal(
        new Signal.BytesArrived(1, ByteBuffer.wrap(bytes, before, bytes.length - before)));
    relayed.signal(new Signal.EndOfBody(1));
    assertThat(elements(relayed.text())).hasSize(1);
    assertThat(text(relayed.text())).isEqualTo("all");
  }

  @Test
  void anErrorAfterASignOfLifeKeepsItOneArray() throws Exception {
    var relayed = relayed();
    relayed.signal(new Signal.Begin());
    relayed.body.writeBytes(relayed.relay.keepAlive());
    relayed.body.writeBytes(
        relayed.relay.error(Failure.retryable(Cause.CONNECTION_LOST, "the gateway shuts down")));
    assertThat(elements(relayed.text())).hasSize(1);
  }
}
