package dev.holdfast.gateway.ui;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonObjectBuilder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What an answer begins with. One that continues an assistant's message, after its tools have
 * returned, has that message's id; a page that reads it from the start, after a reload, receives
 * the message's earlier parts before it.
 *
 * @param messageId the message that is continued; empty for a new one
 * @param earlier the parts of that message, as the SDK's chunks
 */
public record UiOpening(String messageId, List<Json.Obj> earlier) {
  /** A new message. */
  public static final UiOpening NEW = new UiOpening("", List.of());

  /** Past so many bytes only the id is kept. */
  private static final int MOST_BYTES = 1 << 20;

  /** Copies the parts. */
  public UiOpening {
    earlier = List.copyOf(earlier);
  }

  /** {@return the opening of the answer to some messages} */
  static UiOpening after(Json.Arr messages) {
    boolean continues =
        !messages.items().isEmpty()
            && messages.items().getLast() instanceof Json.Obj last
            && last.text("role").equals("assistant")
            && last.has("id");
    if (!continues || !(messages.items().getLast() instanceof Json.Obj last)) {
      return NEW;
    }
    var chunks = new ArrayList<Json.Obj>();
    var parts = last.array("parts");
    for (Json item : parts == null ? List.<Json>of() : parts.items()) {
      if (item instanceof Json.Obj part) {
        add(part, chunks);
      }
    }
    var opening = new UiOpening(last.text("id"), chunks);
    return opening.stored().length <= MOST_BYTES
        ? opening
        : new UiOpening(last.text("id"), List.of());
  }

  private static void add(Json.Obj part, List<Json.Obj> chunks) {
    String type = part.text("type");
    switch (type) {
      case "step-start" -> chunks.add(Chunks.of("start-step").object());
      case "text", "reasoning" -> {
        String id = "earlier-" + chunks.size();
        chunks.add(Chunks.of(type + "-start").text("id", id).object());
        chunks.add(
            Chunks.of(type + "-delta").text("id", id).text("delta", part.text("text")).object());
        chunks.add(Chunks.of(type + "-end").text("id", id).object());
      }
      case "file", "source-url", "source-document" -> chunks.add(part);
      default -> {
        if (UiMessages.isTool(part)) {
          addTool(part, chunks);
        } else if (type.startsWith("data-")) {
          chunks.add(part);
        }
      }
    }
  }

  /** A chunk with the whole input would have the page call the tool once more. */
  private static void addTool(Json.Obj part, List<Json.Obj> chunks) {
    String state = part.text("state");
    boolean answered = state.equals("output-available") || state.equals("output-error");
    if (!answered && !state.equals("output-denied")) {
      return;
    }
    String id = part.text("toolCallId");
    Json input = part.get("input");
    var start =
        Chunks.of("tool-input-start")
            .text("toolCallId", id)
            .text("toolName", UiMessages.toolName(part));
    for (String name : List.of("dynamic", "providerExecuted", "title")) {
      Json kept = part.get(name);
      if (kept != null && kept.hasValue()) {
        start.put(name, kept);
      }
    }
    if (part.text("type").equals("dynamic-tool")) {
      start.put("dynamic", new Json.Bool(true));
    }
    var metadata = part.object("callProviderMetadata");
    if (metadata != null) {
      start.put("providerMetadata", metadata);
    }
    chunks.add(start.object());
    chunks.add(
        Chunks.of("tool-input-delta")
            .text("toolCallId", id)
            .text("inputTextDelta", input == null ? "{}" : input.write())
            .object());
    chunks.add(
        switch (state) {
          case "output-available" -> {
            Json output = part.get("output");
            yield Chunks.of("tool-output-available")
                .text("toolCallId", id)
                .put("output", output == null ? Json.Null.VALUE : output)
                .object();
          }
          case "output-error" ->
              Chunks.of("tool-output-error")
                  .text("toolCallId", id)
                  .text("errorText", part.text("errorText"))
                  .object();
          default -> Chunks.of("tool-output-denied").text("toolCallId", id).object();
        });
  }

  /** {@return what the journal keeps of it; empty for a new message} */
  public byte[] stored() {
    if (messageId.isEmpty()) {
      return new byte[0];
    }
    return new JsonObjectBuilder()
        .text("messageId", messageId)
        .put("earlier", new Json.Arr(List.copyOf(earlier)))
        .object()
        .write()
        .getBytes(StandardCharsets.UTF_8);
  }

  /** {@return what {@link #stored} was made of; a new message where it cannot be read} */
  static UiOpening of(byte[] stored) {
    try {
      if (Json.parse(new String(stored, StandardCharsets.UTF_8)) instanceof Json.Obj object) {
        var list = object.array("earlier");
        var earlier = new ArrayList<Json.Obj>();
        for (Json item : list == null ? List.<Json>of() : list.items()) {
          if (item instanceof Json.Obj chunk) {
            earlier.add(chunk);
          }
        }
        return new UiOpening(object.text("messageId"), earlier);
      }
    } catch (Json.MalformedException e) {
      return NEW;
    }
    return NEW;
  }

  /** {@return nothing of the content} */
  @Override
  public String toString() {
    return "UiOpening[" + earlier.size() + "]";
  }
}
