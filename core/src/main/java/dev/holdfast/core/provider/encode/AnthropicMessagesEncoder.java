package dev.holdfast.core.provider.encode;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonObjectBuilder;
import dev.holdfast.core.provider.shared.UsageFields;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes the events of Anthropic's Messages API: one message, whose blocks follow one another.
 * Writes the first choice only, since a message has no others, and refusals as text.
 */
final class AnthropicMessagesEncoder extends BlockEncoder {
  private static final Set<String> REASONS =
      Set.of(
          "end_turn",
          "stop_sequence",
          "max_tokens",
          "model_context_window_exceeded",
          "tool_use",
          "pause_turn",
          "compaction",
          "refusal");

  private final Writer writer = new Writer();
  private final BlockOrder order = new BlockOrder(writer);
  private boolean begun;

  AnthropicMessagesEncoder(AnswerHead head) {
    super(head, BlockOrder.Kind.TEXT);
  }

  /** The message was begun elsewhere; {@code index} is that of its last block, -1 if none began. */
  void resume(int index, BlockOrder.@Nullable Kind open) {
    resumed();
    begun = true;
    writer.index = index;
    if (open != null) {
      writer.kind = open;
      order.resume(open);
    }
  }

  @Override
  BlockOrder order() {
    return order;
  }

  /** The protocol's own sign of life; a comment before the message, which it must not precede. */
  @Override
  void beat() {
    if (!begun) {
      super.beat();
      return;
    }
    frame("ping", JsonObjectBuilder.of("type", "ping"));
  }

  /** Nothing yet: the prompt's tokens, which the first frame contains, come directly after. */
  @Override
  void open() {}

  private void begin() {
    if (begun) {
      return;
    }
    begun = true;
    var message =
        JsonObjectBuilder.of("id", head().id())
            .text("type", "message")
            .text("role", "assistant")
            .text("model", head().model())
            .list("content")
            .none("stop_reason", "stop_sequence")
            .put("usage", counts(0));
    frame("message_start", JsonObjectBuilder.of("type", "message_start").put("message", message));
  }

  /** {@return the tokens; an unknown count can only be written as zero} */
  private Json.Obj counts(long output) {
    var sent = UsageFields.ANTHROPIC.sent(usage());
    var counts = new JsonObjectBuilder().number("input_tokens", 0).number("output_tokens", 0);
    if (sent != null) {
      sent.members().forEach(counts::put);
      return counts.object();
    }
    return counts
        .number("input_tokens", Math.max(0, usage().input().orElse(-1)))
        .number("output_tokens", Math.max(0, output))
        .object();
  }

  /** Numbers the blocks. */
  private final class Writer implements BlockOrder.Blocks {
    private int index = -1;
    private BlockOrder.Kind kind = BlockOrder.Kind.TEXT;

    @Override
    public void open(BlockOrder.Kind kind, String id, String name) {
      begin();
      this.kind = kind;
      index++;
      var block =
          switch (kind) {
            case TEXT, REFUSAL, OTHER -> JsonObjectBuilder.of("type", "text").text("text", "");
            case REASONING ->
                JsonObjectBuilder.of("type", "thinking").text("thinking", "").text("signature", "");
            case CALL ->
                JsonObjectBuilder.of("type", "tool_use")
                    .text("id", id)
                    .text("name", name)
                    .put("input", new JsonObjectBuilder());
          };
      frame("content_block_start", block("content_block_start").put("content_block", block));
    }

    @Override
    public void more(String piece) {
      var delta =
          switch (kind) {
            case TEXT, REFUSAL, OTHER ->
                JsonObjectBuilder.of("type", "text_delta").text("text", piece);
            case REASONING ->
                JsonObjectBuilder.of("type", "thinking_delta").text("thinking", piece);
            case CALL ->
                JsonObjectBuilder.of("type", "input_json_delta").text("partial_json", piece);
          };
      frame("content_block_delta", block("content_block_delta").put("delta", delta));
    }

    @Override
    public void close() {
      frame("content_block_stop", block("content_block_stop"));
    }

    /** Without this bracket, which begins the input of any call, a closed block has no input. */
    @Override
    public void closeCut() {
      more("{");
      close();
    }

    private JsonObjectBuilder block(String type) {
      return JsonObjectBuilder.of("type", type).number("index", index);
    }
  }

  @Override
  void close() {
    begin();
    var delta = JsonObjectBuilder.of("stop_reason", word(finish(0))).none("stop_sequence");
    frame(
        "message_delta",
        JsonObjectBuilder.of("type", "message_delta")
            .put("delta", delta)
            .put("usage", counts(usage().output().orElse(-1))));
    frame("message_stop", JsonObjectBuilder.of("type", "message_stop"));
  }

  private static String word(Finish finish) {
    String own = own(finish, REASONS);
    if (own != null) {
      return own;
    }
    return switch (finish.reason()) {
      case STOP, OTHER -> "end_turn";
      case LENGTH -> "max_tokens";
      case TOOL_CALLS -> "tool_use";
      case PAUSE -> "pause_turn";
      case REFUSAL, CONTENT_FILTER, ERROR -> "refusal";
    };
  }

  @Override
  void error(Failure failure) {
    String type =
        switch (failure.cause()) {
          case RATE_LIMITED -> "rate_limit_error";
          case OVERLOADED -> "overloaded_error";
          case REJECTED -> "invalid_request_error";
          case FIRST_TOKEN_TIMEOUT, IDLE_TIMEOUT, PROGRESS_TIMEOUT, DEADLINE_EXCEEDED ->
              "timeout_error";
          default -> "api_error";
        };
    frame(
        "error",
        JsonObjectBuilder.of("type", "error")
            .put("error", JsonObjectBuilder.of("type", type).text("message", sentence(failure))));
  }
}
