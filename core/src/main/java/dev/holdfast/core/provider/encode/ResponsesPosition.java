package dev.holdfast.core.provider.encode;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The place in a body of Responses events: the response as it was announced, the items that are
 * done; the item and the part that are open; and the number of the last event.
 */
final class ResponsesPosition extends BodyPosition {
  /**
   * What a response repeats of its request can be large; its tools and instructions are dropped.
   */
  private static final int MAX_RESPONSE = 64 << 10;

  private Json.@Nullable Obj response;
  private final List<Json> done = new ArrayList<>();
  private long kept;
  private long index = -1;

  private Json.@Nullable Obj item;

  /** The parts of the open item that are done. */
  private final List<Json> parts = new ArrayList<>();

  private Json.@Nullable Obj part;
  private boolean partOpen;
  private long textStart;
  private final StringBuilder reasoning = new StringBuilder();
  private long frames;
  private byte[] last = {};
  private int lastLength;

  /** Where an answer stands; for its writer. */
  record Open(
      Json.Obj item, List<Json> parts, boolean partOpen, String partType, CharSequence text) {}

  ResponsesPosition() {
    super(new SseMender(SseMender.Clients.OF_RESPONSES));
  }

  @Override
  public boolean isClosing(byte[] bytes, int from, int to) {
    String type = RawFrame.type(bytes, from, to);
    return type.startsWith("response.") && type.endsWith(".done");
  }

  @Override
  public void passed(byte[] bytes, int from, int to, long textLength) {
    if (RawFrame.dataLines(bytes, from, to) == 0) {
      return; // A sign of life has no number.
    }
    frames++;
    keep(bytes, from, to);
    String type = RawFrame.type(bytes, from, to);
    switch (type) {
      case "response.created", "response.in_progress", "response.queued" -> {
        if (response == null) {
          var json = RawFrame.json(bytes, from, to);
          response = json == null ? null : small(json.object("response"));
        }
      }
      case "response.output_item.added" -> {
        var json = RawFrame.json(bytes, from, to);
        if (json != null) {
          index = Math.max(index, json.number("output_index", index + 1));
          item = json.object("item");
          parts.clear();
          partOpen = false;
          textStart = textLength;
          reasoning.setLength(0);
        }
      }
      case "response.content_part.added", "response.reasoning_summary_part.added" -> {
        var json = RawFrame.json(bytes, from, to);
        if (json != null) {
          part = json.object("part");
          partOpen = true;
          textStart = textLength;
          reasoning.setLength(0);
        }
      }
      case "response.content_part.done", "response.reasoning_summary_part.done" -> {
        var json = RawFrame.json(bytes, from, to);
        var whole = json == null ? null : json.object("part");
        if (whole != null) {
          parts.add(whole);
        }
        partOpen = false;
      }
      case "response.output_item.done" -> {
        var json = RawFrame.json(bytes, from, to);
        var whole = json == null ? null : json.object("item");
        if (whole != null) {
          kept += to - from;
          done.add(whole);
        }
        if (kept > OutputItems.MAX_KEPT) {
          done.clear();
        }
        item = null;
        partOpen = false;
        parts.clear();
      }
      default -> {}
    }
  }

  private void keep(byte[] bytes, int from, int to) {
    int length = to - from;
    if (last.length < length) {
      last = new byte[length + length / 4];
    }
    System.arraycopy(bytes, from, last, 0, length);
    lastLength = length;
  }

  private static Json.@Nullable Obj small(Json.@Nullable Obj response) {
    if (response == null || response.write().length() <= MAX_RESPONSE) {
      return response;
    }
    return response
        .with("instructions", Json.Null.VALUE)
        .with("tools", new Json.Arr(List.of()))
        .with("metadata", new Json.Obj(Map.of()));
  }

  @Override
  public void reasoned(String piece) {
    if (partOpen && reasoning.length() <= OutputItems.MAX_KEPT) {
      reasoning.append(piece);
    }
  }

  @Override
  public EventEncoder encoder(AnswerHead head, CharSequence text) {
    var shown = response;
    var names = shown == null ? new Json.Obj(Map.of()) : shown;
    var encoder =
        new OpenAiResponsesEncoder(
            named(head, names.text("id"), names.text("model"), names.number("created_at", 0)));
    if (shown == null) {
      return encoder;
    }
    encoder.resume(shown, nextNumber());
    encoder.items().resume(Math.toIntExact(Math.min(index, Integer.MAX_VALUE / 2)), done, kept);
    var opened = item;
    if (opened != null) {
      encoder.open(
          new Open(
              opened,
              List.copyOf(parts),
              partOpen,
              part == null ? "" : part.text("type"),
              isReasoning(opened) ? reasoning : since(text)));
    }
    return encoder;
  }

  private static boolean isReasoning(Json.Obj item) {
    return item.text("type").equals("reasoning");
  }

  private CharSequence since(CharSequence text) {
    return text.length() < textStart ? "" : text.subSequence((int) textStart, text.length());
  }

  private long nextNumber() {
    var json = RawFrame.json(last, 0, lastLength);
    return (json == null ? frames - 1 : json.number("sequence_number", frames - 1)) + 1;
  }
}
