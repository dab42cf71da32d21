package dev.holdfast.core.provider.encode;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.stream.ToolCall;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The place in a body of Messages events: its names, and the block that is open. */
final class MessagesPosition extends BodyPosition {
  private String id = "";
  private String model = "";
  private boolean begun;
  private long index = -1;
  private BlockOrder.@Nullable Kind open;

  MessagesPosition() {
    super(new SseMender(SseMender.Clients.OF_MESSAGES));
  }

  /** Clients of this protocol skip events without a name. */
  @Override
  public boolean isStrict(byte[] bytes, int from, int to) {
    return super.isStrict(bytes, from, to)
        && (RawFrame.isNamed(bytes, from, to) || RawFrame.dataLines(bytes, from, to) == 0);
  }

  @Override
  public boolean isClosing(byte[] bytes, int from, int to) {
    return RawFrame.type(bytes, from, to).equals("content_block_stop");
  }

  @Override
  public void passed(byte[] bytes, int from, int to, long textLength) {
    switch (RawFrame.type(bytes, from, to)) {
      case "message_start" -> {
        begun = true;
        var json = RawFrame.json(bytes, from, to);
        var message = json == null ? null : json.object("message");
        if (message != null) {
          id = message.text("id");
          model = message.text("model");
        }
      }
      case "content_block_start" -> {
        var json = RawFrame.json(bytes, from, to);
        if (json != null) {
          index = Math.max(index, json.number("index", index + 1));
          open = kind(json.object("content_block"));
        }
      }
      case "content_block_stop" -> open = null;
      default -> {}
    }
  }

  @Override
  public boolean showsCalls(byte[] bytes, int from, int to, List<ToolCall> calls) {
    var strict = new StrictCalls(true);
    var tools = new HashSet<Long>();
    for (var event : RawFrame.all(bytes, from, to)) {
      long at = event.number("index", -1);
      var block = event.object("content_block");
      var delta = event.object("delta");
      if (block != null && block.text("type").equals("tool_use")) {
        tools.add(at);
        var input = block.object("input");
        if (input != null && input.hasValue()) {
          strict.broken(); // LangChain4j 1.19 takes the pieces alone.
        }
        strict.piece(at, block.text("id"), block.text("name"), "");
      } else if (delta != null && tools.contains(at)) {
        strict.piece(at, "", "", delta.text("partial_json"));
      }
    }
    return strict.are(calls);
  }

  private static BlockOrder.Kind kind(Json.@Nullable Obj block) {
    return switch (block == null ? "" : block.text("type")) {
      case "text" -> BlockOrder.Kind.TEXT;
      case "thinking" -> BlockOrder.Kind.REASONING;
      default -> BlockOrder.Kind.OTHER;
    };
  }

  @Override
  public EventEncoder encoder(AnswerHead head, CharSequence text) {
    var encoder = new AnthropicMessagesEncoder(named(head, id, model, 0));
    if (begun) {
      encoder.resume(Math.toIntExact(Math.min(index, Integer.MAX_VALUE / 2)), open);
    }
    return encoder;
  }
}
