package dev.holdfast.core.provider.encode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.dialect.Wire;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Strict clients count on the order of events; our own readers forgive too much to show it. */
class EncoderLadderTest {
  private static final int SEEDS = 1000;

  /** An event by its name, which is that of the frame and of the JSON. */
  private record Said(String type, Json.Obj json) {
    long index() {
      return json.number("index", -1);
    }

    Json.Obj part(String name) {
      return Objects.requireNonNull(json.object(name), name);
    }
  }

  private static List<Said> said(String dialect, long seed) {
    byte[] body = EventEncoderTest.body(dialect, DrawnEvents.draw(new Random(seed)), true);
    return said(body);
  }

  private static List<Said> said(byte[] body) {
    var said = new ArrayList<Said>();
    Wire.feed(
        body,
        body.length,
        64,
        true,
        frame -> {
          if (frame.kind() == Frame.Kind.EVENT) {
            try {
              var json = (Json.Obj) Json.parse(frame.data());
              assertThat(frame.type()).isEqualTo(json.text("type"));
              said.add(new Said(frame.type(), json));
            } catch (Json.MalformedException e) {
              throw new AssertionError(frame.data(), e);
            }
          }
        });
    return said;
  }

  @Test
  void anAnthropicMessageHasOneBlockOpenAtATime() {
    for (long seed = 1; seed <= SEEDS; seed++) {
      var said = said("anthropic-messages", seed);
      assertThat(said.getFirst().type).as("seed %d", seed).isEqualTo("message_start");
      assertThat(said.getLast().type).as("seed %d", seed).isEqualTo("message_stop");
      assertThat(said.get(said.size() - 2).type).as("seed %d", seed).isEqualTo("message_delta");
      long blocks = 0;
      String open = "";
      for (var event : said.subList(1, said.size() - 2)) {
        switch (event.type) {
          case "content_block_start" -> {
            assertThat(open).as("seed %d: open block", seed).isEmpty();
            assertThat(event.index()).as("seed %d", seed).isEqualTo(blocks);
            open = event.part("content_block").text("type");
          }
          case "content_block_delta" -> {
            assertThat(event.index()).as("seed %d", seed).isEqualTo(blocks);
            assertThat(event.part("delta").text("type"))
                .as("seed %d", seed)
                .isEqualTo(
                    Map.of(
                            "text", "text_delta",
                            "thinking", "thinking_delta",
                            "tool_use", "input_json_delta")
                        .get(open));
          }
          case "content_block_stop" -> {
            assertThat(event.index()).as("seed %d", seed).isEqualTo(blocks++);
            assertThat(open).as("seed %d", seed).isNotEmpty();
            open = "";
          }
          case "ping" -> {} // A sign of life.
          default -> throw new AssertionError("seed %d: %s".formatted(seed, event.type));
        }
      }
      assertThat(open).as("seed %d: block left open", seed).isEmpty();
    }
  }

  @Test
  void aResponseClimbsEveryRung() {
    for (long seed = 1; seed <= SEEDS; seed++) {
      var said = said("openai-responses", seed);
      for (int i = 0; i < said.size(); i++) {
        assertThat(said.get(i).json.number("sequence_number", -1)).as("seed %d", seed).isEqualTo(i);
      }
      assertThat(said.get(0).type).as("seed %d", seed).isEqualTo("response.created");
      assertThat(said.get(1).type).as("seed %d", seed).isEqualTo("response.in_progress");
      var last = said.getLast();
      assertThat(last.type)
          .as("seed %d", seed)
          .isIn("response.completed", "response.incomplete")
          .isEqualTo("response." + last.part("response").text("status"));
      var items = items(seed, said.subList(2, said.size() - 1));
      assertThat(last.part("response").array("output"))
          .as("seed %d: the terminal event says all items again", seed)
          .isEqualTo(new Json.Arr(items));
    }
  }

  /** {@return the items as they were done} */
  private static List<Json> items(long seed, List<Said> events) {
    var items = new ArrayList<Json>();
    int at = 0;
    while (at < events.size()) {
      var added = events.get(at++);
      assertThat(added.type).as("seed %d", seed).isEqualTo("response.output_item.added");
      assertThat(added.json.number("output_index", -1)).as("seed %d", seed).isEqualTo(items.size());
      var item = added.part("item");
      String part =
          switch (item.text("type")) {
            case "message" -> "response.content_part";
            case "reasoning" -> "response.reasoning_summary_part";
            default -> "";
          };
      if (!part.isEmpty()) {
        assertThat(events.get(at++).type).as("seed %d", seed).isEqualTo(part + ".added");
      }
      var text = new StringBuilder();
      String name = events.get(at).type.replaceFirst("\\.(delta|done)$", "");
      while (events.get(at).type.equals(name + ".delta")) {
        checkPlace(seed, item, events.get(at), items.size());
        text.append(events.get(at++).json.text("delta"));
      }
      var done = events.get(at++);
      assertThat(done.type).as("seed %d", seed).isEqualTo(name + ".done");
      checkPlace(seed, item, done, items.size());
      assertThat(whole(done.json)).as("seed %d", seed).isEqualTo(text.toString());
      if (!part.isEmpty()) {
        var partDone = events.get(at++);
        assertThat(partDone.type).as("seed %d", seed).isEqualTo(part + ".done");
        assertThat(whole(partDone.part("part"))).as("seed %d", seed).isEqualTo(text.toString());
      }
      var itemDone = events.get(at++);
      assertThat(itemDone.type).as("seed %d", seed).isEqualTo("response.output_item.done");
      assertThat(itemDone.part("item").text("id")).as("seed %d", seed).isEqualTo(item.text("id"));
      items.add(itemDone.part("item"));
    }
    return items;
  }

  private static void checkPlace(long seed, Json.Obj item, Said event, int index) {
    assertThat(event.json.text("item_id")).as("seed %d", seed).isEqualTo(item.text("id"));
    assertThat(event.json.number("output_index", -1)).as("seed %d", seed).isEqualTo(index);
  }

  private static String whole(Json.Obj json) {
    return json.text("text") + json.text("refusal") + json.text("arguments");
  }

  @Test
  void everyChoiceOfAChatHasOneRoleAndOneFinishBeforeTheTokens() throws Exception {
    for (long seed = 1; seed <= SEEDS; seed++) {
      byte[] body = EventEncoderTest.body("openai-chat", DrawnEvents.draw(new Random(seed)), true);
      var data = new ArrayList<String>();
      Wire.feed(
          body,
          body.length,
          64,
          true,
          frame -> {
            if (frame.kind() == Frame.Kind.EVENT) {
              data.add(frame.data());
            }
          });
      assertThat(data.removeLast()).as("seed %d", seed).isEqualTo("[DONE]");
      var roles = new HashMap<Long, Integer>();
      var finishes = new HashMap<Long, Integer>();
      for (int i = 0; i < data.size(); i++) {
        var chunk = (Json.Obj) Json.parse(data.get(i));
        assertThat(chunk.text("id")).isEqualTo("resp_front");
        assertThat(chunk.number("created", -1)).isEqualTo(1_763_640_000);
        var choices = Objects.requireNonNull(chunk.array("choices")).items();
        if (choices.isEmpty()) {
          assertThat(chunk.has("usage")).as("seed %d", seed).isTrue();
          assertThat(i).as("seed %d: tokens come last", seed).isEqualTo(data.size() - 1);
          continue;
        }
        var choice = (Json.Obj) choices.getFirst();
        long index = choice.number("index", -1);
        var delta = Objects.requireNonNull(choice.object("delta"));
        roles.merge(index, delta.has("role") ? 1 : 0, Integer::sum);
        assertThat(roles.get(index)).as("seed %d: role first, and once", seed).isEqualTo(1);
        assertThat(finishes.get(index)).as("seed %d: nothing after a finish", seed).isNull();
        if (choice.has("finish_reason")) {
          finishes.put(index, 1);
        }
      }
      assertThat(finishes.keySet()).as("seed %d", seed).isEqualTo(roles.keySet());
    }
  }

  @Test
  void anAnswerWithoutAWordIsAWellFormedMessage() {
    var events =
        List.<StreamEvent>of(
            new StreamEvent.Started("x", "y"),
            new StreamEvent.Finished(0, new Finish(Finish.Reason.REFUSAL, "refusal")));
    assertThat(said(EventEncoderTest.body("anthropic-messages", events, true)))
        .extracting(Said::type)
        .containsExactly("message_start", "message_delta", "message_stop");
    assertThat(said(EventEncoderTest.body("openai-responses", events, true)))
        .extracting(Said::type)
        .containsExactly("response.created", "response.in_progress", "response.incomplete");
  }

  @Test
  void textDoesNotOvertakeACallThatIsBeingWritten() {
    var events =
        List.<StreamEvent>of(
            new StreamEvent.ToolCallDelta(0, 0, "a", "one", "{\"x\":"),
            new StreamEvent.TextDelta(0, "later"),
            new StreamEvent.ToolCallDelta(0, 0, "", "", "1}"));
    assertThat(said(EventEncoderTest.body("anthropic-messages", events, true)))
        .extracting(Said::type)
        .containsExactly(
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop");
  }

  @Test
  void whatWaitsBehindACallThatNeverEndsIsBounded() {
    var encoder = EventEncoder.of("anthropic-messages", new AnswerHead("a", "b", 0, true));
    encoder.encode(new StreamEvent.ToolCallDelta(0, 0, "a", "one", "{"));
    String text = "x".repeat(1 << 20);
    for (int i = 0; i < 4; i++) {
      assertThat(encoder.encode(new StreamEvent.TextDelta(0, text))).isEmpty();
    }
    assertThat(encoder.encode(new StreamEvent.TextDelta(0, "y"))).hasSizeGreaterThan(4 << 20);
  }

  @Test
  void anAnswerTooLongToKeepIsNotRepeatedAndReadsTheSame() {
    var events = new ArrayList<StreamEvent>();
    String text = "x".repeat(1 << 20);
    for (int i = 0; i < 5; i++) {
      events.add(new StreamEvent.TextDelta(0, text));
    }
    events.add(new StreamEvent.ToolCallDelta(0, 0, "a", "one", "{\"x\":1}"));
    byte[] body = EventEncoderTest.body("openai-responses", events, true);
    assertThat(body.length).isBetween(5 << 20, 6 << 20);
    var reading =
        Wire.read("openai-responses", Wire.reader("openai-responses"), body, body.length, 16 << 10);
    assertThat(reading.proof().isProven()).isTrue();
    assertThat(Told.of(reading.events()).blocks()).isEqualTo(Told.of(events).blocks());
  }
}
