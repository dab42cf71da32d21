package dev.holdfast.core.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.json.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** What strict clients demand of a body, beyond what a reader of ours needs. */
final class StrictBody {
  private StrictBody() {}

  static void check(String dialect, String body, String what) {
    var frames = frames(dialect, body, what);
    switch (dialect) {
      case "openai-chat" -> chat(frames, body, what);
      case "anthropic-messages" -> messages(frames, what);
      case "openai-responses" -> responses(frames, what);
      case "gemini-sse" -> same(frames, what, "responseId", "modelVersion");
      default -> same(frames, what, "model");
    }
  }

  private static List<Json.Obj> frames(String dialect, String body, String what) {
    var frames = new ArrayList<Json.Obj>();
    for (var line : body.split("\r\n|\n", -1)) {
      if (line.isEmpty()) {
        continue;
      }
      boolean lines = dialect.equals("ollama-chat");
      boolean data = line.startsWith("data: ") && !line.equals("data: [DONE]");
      if (lines || data) {
        try {
          frames.add((Json.Obj) Json.parse(lines ? line : line.substring(6)));
        } catch (Json.MalformedException e) {
          throw new AssertionError(line + " in " + what, e);
        }
      } else {
        assertThat(line).as(what).matches("|: .*|event: .*|data: \\[DONE\\]");
      }
    }
    return frames;
  }

  private static Json.Obj part(Json.Obj json, String name) {
    return Objects.requireNonNull(json.object(name), name);
  }

  private static List<Json> items(Json.Obj json, String name) {
    return Objects.requireNonNull(json.array(name), name).items();
  }

  private static void same(List<Json.Obj> frames, String what, String... names) {
    for (var name : names) {
      Set<String> seen = new HashSet<>();
      frames.forEach(frame -> seen.add(String.valueOf(frame.get(name))));
      assertThat(seen).as("%s of %s", name, what).hasSize(1);
    }
  }

  private static void chat(List<Json.Obj> frames, String body, String what) {
    same(frames, what, "id", "model", "created", "system_fingerprint", "object");
    int roles = 0;
    int finishes = 0;
    for (var frame : frames) {
      for (var choice : items(frame, "choices")) {
        roles += part((Json.Obj) choice, "delta").has("role") ? 1 : 0;
        finishes += ((Json.Obj) choice).has("finish_reason") ? 1 : 0;
      }
    }
    assertThat(roles).as("roles of %s", what).isEqualTo(1);
    assertThat(finishes).as("finishes of %s", what).isEqualTo(1);
    assertThat(body).as(what).endsWith("data: [DONE]\n\n");
    assertThat(body.indexOf("[DONE]")).as(what).isEqualTo(body.lastIndexOf("[DONE]"));
  }

  private static void messages(List<Json.Obj> frames, String what) {
    long index = -1;
    boolean open = false;
    var types = new ArrayList<String>();
    for (var frame : frames) {
      String type = frame.text("type");
      if (type.equals("ping")) {
        continue;
      }
      types.add(type);
      switch (type) {
        case "content_block_start" -> {
          assertThat(open).as(what).isFalse();
          open = true;
          assertThat(frame.number("index", -1)).as(what).isEqualTo(++index);
        }
        case "content_block_delta" -> {
          assertThat(open).as(what).isTrue();
          assertThat(frame.number("index", -1)).as(what).isEqualTo(index);
        }
        case "content_block_stop" -> {
          assertThat(open).as(what).isTrue();
          assertThat(frame.number("index", -1)).as(what).isEqualTo(index);
          open = false;
        }
        default -> {}
      }
    }
    assertThat(types.getFirst()).as(what).isEqualTo("message_start");
    assertThat(types.subList(types.size() - 3, types.size()))
        .as(what)
        .containsExactly("content_block_stop", "message_delta", "message_stop");
    assertThat(types.stream().filter("message_start"::equals).count()).as(what).isEqualTo(1);
    assertThat(types.stream().filter("message_delta"::equals).count()).as(what).isEqualTo(1);
  }

  private static void responses(List<Json.Obj> frames, String what) {
    long number = 0;
    long index = -1;
    var text = new StringBuilder();
    var done = new ArrayList<Json>();
    String item = "";
    long content = -1;
    for (var frame : frames) {
      assertThat(frame.number("sequence_number", -1)).as(what).isEqualTo(number++);
      String type = frame.text("type");
      switch (type) {
        case "response.created" -> assertThat(number).as(what).isEqualTo(1);
        case "response.output_item.added" -> {
          assertThat(item).as(what).isEmpty();
          item = part(frame, "item").text("id");
          assertThat(frame.number("output_index", -1)).as(what).isEqualTo(++index);
          content = -1;
        }
        case "response.content_part.added", "response.reasoning_summary_part.added" -> {
          content++;
          text.setLength(0);
          place(frame, item, index, content, what);
        }
        case "response.output_text.delta", "response.reasoning_summary_text.delta" -> {
          place(frame, item, index, content, what);
          text.append(frame.text("delta"));
        }
        case "response.output_text.done", "response.reasoning_summary_text.done" -> {
          place(frame, item, index, content, what);
          assertThat(frame.text("text")).as(what).isEqualTo(text.toString());
        }
        case "response.content_part.done", "response.reasoning_summary_part.done" -> {
          place(frame, item, index, content, what);
          assertThat(part(frame, "part").text("text")).as(what).isEqualTo(text.toString());
        }
        case "response.output_item.done" -> {
          assertThat(frame.number("output_index", -1)).as(what).isEqualTo(index);
          assertThat(part(frame, "item").text("id")).as(what).isEqualTo(item);
          item = "";
          done.add(part(frame, "item"));
        }
        case "response.completed" -> {
          assertThat(items(part(frame, "response"), "output")).as(what).isEqualTo(done);
          assertThat(part(frame, "response").text("id"))
              .as(what)
              .isEqualTo(part(frames.getFirst(), "response").text("id"));
          assertThat(part(frame, "response").text("instructions")).as(what).isIn("Be brief", "");
        }
        case "response.in_progress" -> {}
        default -> throw new AssertionError(type + " in " + what);
      }
    }
    assertThat(item).as(what).isEmpty();
    assertThat(frames.getLast().text("type")).as(what).isEqualTo("response.completed");
  }

  private static void place(Json.Obj frame, String item, long index, long content, String what) {
    assertThat(frame.text("item_id")).as(what).isEqualTo(item);
    assertThat(frame.number("output_index", -1)).as(what).isEqualTo(index);
    String name = frame.text("type").contains("summary") ? "summary_index" : "content_index";
    assertThat(frame.number(name, -1)).as(what).isEqualTo(content);
  }
}
