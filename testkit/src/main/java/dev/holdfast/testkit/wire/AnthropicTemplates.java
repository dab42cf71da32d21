package dev.holdfast.testkit.wire;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.AnswerPart;
import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.answer.WireFrame.Kind;
import dev.holdfast.testkit.json.TestJson;
import java.util.ArrayList;
import java.util.List;

/** Messages as api.anthropic.com writes them. */
final class AnthropicTemplates implements WireTemplates {
  /** A ping after so many events of output, besides the one after the first block's start. */
  private static final int PING_EVERY = 25;

  @Override
  public EventFraming framing() {
    return EventFraming.EVENTS;
  }

  @Override
  public String idPrefix() {
    return "msg_";
  }

  @Override
  public Conversation conversation(TestJson request) {
    return Conversation.ofMessages(request);
  }

  @Override
  public List<WireFrame> stream(Answer answer, Envelope envelope) {
    return new Composition(answer, envelope).frames();
  }

  /** One message being written: which block is open, and how much output there was. */
  private final class Composition {
    private final Answer answer;
    private final Envelope envelope;
    private final List<WireFrame> frames = new ArrayList<>();
    private int block = -1;
    private int output;
    private Kind open = Kind.START;

    Composition(Answer answer, Envelope envelope) {
      this.answer = answer;
      this.envelope = envelope;
    }

    List<WireFrame> frames() {
      frames.add(messageStart(envelope));
      for (AnswerPart part : answer.parts()) {
        switch (part) {
          case AnswerPart.Reasoning(String text) -> {
            enter(Kind.REASONING, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}");
            delta(Kind.REASONING, "{\"type\":\"thinking_delta\",\"thinking\":" + q(text) + "}");
          }
          case AnswerPart.Token(String text) -> {
            enter(Kind.CONTENT, "{\"type\":\"text\",\"text\":\"\"}");
            delta(Kind.CONTENT, "{\"type\":\"text_delta\",\"text\":" + q(text) + "}");
          }
          // Its words are beside the stop reason.
          case AnswerPart.Refusal refusal -> {}
          case AnswerPart.Tool tool -> {
            leave();
            enter(Kind.TOOL, toolUse(tool, "{}"));
            for (String piece : tool.arguments()) {
              delta(Kind.TOOL, "{\"type\":\"input_json_delta\",\"partial_json\":" + q(piece) + "}");
            }
          }
        }
      }
      leave();
      frames.add(messageDelta(answer));
      frames.add(event(Kind.DONE, "message_stop", "{\"type\":\"message_stop\"}"));
      return frames;
    }

    private void enter(Kind kind, String contentBlock) {
      if (open == kind) {
        return;
      }
      leave();
      open = kind;
      block++;
      frames.add(
          event(
              kind == Kind.TOOL ? Kind.TOOL : Kind.STRUCTURE,
              "content_block_start",
              """
              {"type":"content_block_start","index":%d,"content_block":%s}\
              """
                  .formatted(block, contentBlock)));
      if (block == 0) {
        frames.add(keepAlive());
      }
    }

    private void delta(Kind kind, String delta) {
      frames.add(blockDelta(kind, block, delta));
      if (++output % PING_EVERY == 0) {
        frames.add(keepAlive());
      }
    }

    private void leave() {
      if (open == Kind.START) {
        return;
      }
      if (open == Kind.REASONING) {
        String signature = Long.toHexString(envelope.seed()) + "c2ln";
        frames.add(
            blockDelta(
                Kind.STRUCTURE,
                block,
                "{\"type\":\"signature_delta\",\"signature\":" + q(signature) + "}"));
      }
      open = Kind.START;
      frames.add(
          event(
              Kind.STRUCTURE,
              "content_block_stop",
              "{\"type\":\"content_block_stop\",\"index\":" + block + "}"));
    }
  }

  private static WireFrame messageStart(Envelope envelope) {
    return event(
        Kind.START,
        "message_start",
        """
        {"type":"message_start","message":{"model":%s,"id":%s,"type":"message","role":"assistant",\
        "content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":%d,\
        "output_tokens":1}}}\
        """
            .formatted(q(envelope.model()), q(envelope.id()), envelope.promptTokens()));
  }

  // Concatenated, not formatted: the simulator writes thousands of these a second.
  private static WireFrame blockDelta(Kind kind, int block, String delta) {
    return event(
        kind,
        "content_block_delta",
        "{\"type\":\"content_block_delta\",\"index\":" + block + ",\"delta\":" + delta + "}");
  }

  private static WireFrame messageDelta(Answer answer) {
    return event(
        Kind.FINISH,
        "message_delta",
        """
        {"type":"message_delta","delta":{"stop_reason":%s,"stop_sequence":null%s},"usage":\
        {"output_tokens":%d}}\
        """
            .formatted(q(stop(answer)), details(answer), answer.parts().size()));
  }

  private static String stop(Answer answer) {
    if (!answer.refusal().isEmpty()) {
      return "refusal";
    }
    return answer.tools().isEmpty() ? "end_turn" : "tool_use";
  }

  private static String details(Answer answer) {
    return answer.refusal().isEmpty()
        ? ""
        : ",\"stop_details\":{\"type\":\"refusal\",\"category\":null,\"explanation\":"
            + q(answer.refusal())
            + "}";
  }

  private static String toolUse(AnswerPart.Tool tool, String input) {
    return """
    {"type":"tool_use","id":%s,"name":%s,"input":%s}\
    """
        .formatted(q(tool.id()), q(tool.name()), input);
  }

  @Override
  public String document(Answer answer, Envelope envelope) {
    var blocks = new ArrayList<String>();
    String text = answer.text();
    if (!text.isEmpty()) {
      blocks.add("{\"type\":\"text\",\"text\":" + q(text) + "}");
    }
    for (AnswerPart.Tool tool : answer.tools()) {
      blocks.add(toolUse(tool, tool.arguments().isEmpty() ? "{}" : tool.argumentsJson()));
    }
    return """
    {"model":%s,"id":%s,"type":"message","role":"assistant","content":[%s],"stop_reason":%s,\
    "stop_sequence":null%s,"usage":{"input_tokens":%d,"output_tokens":%d}}\
    """
        .formatted(
            q(envelope.model()),
            q(envelope.id()),
            String.join(",", blocks),
            q(stop(answer)),
            details(answer),
            envelope.promptTokens(),
            answer.parts().size());
  }

  @Override
  public String errorDocument(ErrorKind kind, int status, String message) {
    String type =
        switch (kind) {
          case SERVER -> "api_error";
          case OVERLOADED -> "overloaded_error";
          case RATE_LIMITED -> "rate_limit_error";
          case INVALID_REQUEST -> "invalid_request_error";
        };
    return """
    {"type":"error","error":{"type":%s,"message":%s},"request_id":"req_011Holdfast"}\
    """
        .formatted(q(type), q(message));
  }

  @Override
  public String errorEvent(ErrorKind kind, String message, int number) {
    return "event: error\ndata: " + errorDocument(kind, kind.status(), message) + "\n\n";
  }

  @Override
  public String errorChunk(ErrorKind kind, String message, int number) {
    // Without its name, as proxies pass it on.
    return "data: " + errorDocument(kind, kind.status(), message) + "\n\n";
  }

  @Override
  public String withoutUsage(Kind kind, String event) {
    return event.replaceFirst(",\"usage\":\\{[^{}]*\\}", "");
  }

  @Override
  public WireFrame keepAlive() {
    return event(Kind.KEEP_ALIVE, "ping", "{\"type\": \"ping\"}");
  }

  @Override
  public WireFrame secondStart(String model) {
    return messageStart(new Envelope("msg_another", model, false, 0, 0));
  }

  @Override
  public WireFrame bareDone() {
    return new WireFrame(Kind.DONE, "event: data\ndata: [DONE]\n\n");
  }

  private static WireFrame event(Kind kind, String type, String json) {
    return new WireFrame(kind, "event: " + type + "\ndata: " + json + "\n\n");
  }

  private static String q(String text) {
    return TestJson.quote(text);
  }
}
