package dev.holdfast.testkit.wire;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.AnswerPart;
import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.answer.WireFrame.Kind;
import dev.holdfast.testkit.json.TestJson;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Responses as api.openai.com writes them: everything is sent piecewise, then whole, thrice. */
final class OpenAiResponsesTemplates implements WireTemplates {
  private static final long CREATED = 1_760_000_000L;

  @Override
  public EventFraming framing() {
    return EventFraming.EVENTS;
  }

  @Override
  public String idPrefix() {
    return "resp_";
  }

  @Override
  public Conversation conversation(TestJson request) {
    return Conversation.ofInput(request);
  }

  @Override
  public List<WireFrame> stream(Answer answer, Envelope envelope) {
    return new Composition(answer, envelope).frames();
  }

  /** One response being written: the events so far, numbered, and the items that are whole. */
  private static final class Composition {
    private final Answer answer;
    private final Envelope envelope;
    private final SplittableRandom padding;
    private final List<WireFrame> frames = new ArrayList<>();
    private final List<String> items = new ArrayList<>();

    Composition(Answer answer, Envelope envelope) {
      this.answer = answer;
      this.envelope = envelope;
      this.padding = new SplittableRandom(envelope.seed());
    }

    List<WireFrame> frames() {
      String born = response(envelope, "in_progress", "[]", "null");
      add(Kind.START, "response.created", "\"response\":" + born);
      add(Kind.STRUCTURE, "response.in_progress", "\"response\":" + born);
      if (!answer.reasoning().isEmpty()) {
        reasoning();
      }
      if (!answer.text().isEmpty() || !answer.refusal().isEmpty()) {
        speech();
      }
      answer.tools().forEach(this::tool);
      String whole = "[" + String.join(",", items) + "]";
      String done = response(envelope, "completed", whole, usage(answer, envelope));
      add(Kind.DONE, "response.completed", "\"response\":" + done);
      return frames;
    }

    private void reasoning() {
      String id = itemId("rs_");
      String item = "\"item_id\":" + q(id) + ",";
      String output = "\"output_index\":" + items.size();
      String place = item + output;
      String part = "{\"type\":\"summary_text\",\"text\":%s}";
      added("{\"id\":%s,\"type\":\"reasoning\",\"summary\":[]}".formatted(q(id)));
      add(
          Kind.STRUCTURE,
          "response.reasoning_summary_part.added",
          place + ",\"part\":" + part.formatted("\"\""),
          "\"summary_index\":0");
      for (AnswerPart one : answer.parts()) {
        if (one instanceof AnswerPart.Reasoning(String text)) {
          add(
              Kind.REASONING,
              "response.reasoning_summary_text.delta",
              "\"delta\":" + q(text) + "," + item + withPadding(output),
              "\"summary_index\":0");
        }
      }
      String text = q(answer.reasoning());
      add(
          Kind.STRUCTURE,
          "response.reasoning_summary_text.done",
          place,
          "\"summary_index\":0,\"text\":" + text);
      add(
          Kind.STRUCTURE,
          "response.reasoning_summary_part.done",
          place + ",\"part\":" + part.formatted(text),
          "\"summary_index\":0");
      done(
          "{\"id\":%s,\"type\":\"reasoning\",\"summary\":[%s]}"
              .formatted(q(id), part.formatted(text)));
    }

    private void speech() {
      String id = itemId("msg_");
      added(message(id, "in_progress", ""));
      var parts = new ArrayList<String>();
      if (!answer.text().isEmpty()) {
        part(id, parts, "output_text", answer.text());
      }
      if (!answer.refusal().isEmpty()) {
        part(id, parts, "refusal", answer.refusal());
      }
      done(message(id, "completed", String.join(",", parts)));
    }

    private void part(String id, List<String> parts, String type, String whole) {
      boolean refusal = type.equals("refusal");
      String index = "\"content_index\":" + parts.size() + ",";
      String place = "\"item_id\":" + q(id) + ",";
      String output = "\"output_index\":" + items.size();
      String logprobs = refusal ? "" : "\"logprobs\":[],";
      add(
          Kind.STRUCTURE,
          "response.content_part.added",
          index + place + output + ",\"part\":" + content(type, ""));
      for (AnswerPart one : answer.parts()) {
        String text =
            switch (one) {
              case AnswerPart.Token(String words) -> refusal ? "" : words;
              case AnswerPart.Refusal(String words) -> refusal ? words : "";
              case AnswerPart.Reasoning reasoning -> "";
              case AnswerPart.Tool tool -> "";
            };
        if (!text.isEmpty()) {
          add(
              Kind.CONTENT,
              "response." + type + ".delta",
              index + "\"delta\":" + q(text) + "," + place + logprobs + withPadding(output));
        }
      }
      String member = (refusal ? "\"refusal\":" : "\"text\":") + q(whole);
      add(Kind.STRUCTURE, "response." + type + ".done", index + place + logprobs + output, member);
      add(
          Kind.STRUCTURE,
          "response.content_part.done",
          index + place + output + ",\"part\":" + content(type, whole));
      parts.add(content(type, whole));
    }

    private void tool(AnswerPart.Tool tool) {
      String id = itemId("fc_");
      String place = "\"item_id\":" + q(id) + ",";
      String output = "\"output_index\":" + items.size();
      add(
          Kind.TOOL,
          "response.output_item.added",
          "\"item\":" + call(id, tool, "in_progress", "") + ",\"output_index\":" + items.size());
      for (String piece : tool.arguments()) {
        add(
            Kind.TOOL,
            "response.function_call_arguments.delta",
            "\"delta\":" + q(piece) + "," + place + withPadding(output));
      }
      String arguments = tool.arguments().isEmpty() ? "{}" : tool.argumentsJson();
      add(
          Kind.STRUCTURE,
          "response.function_call_arguments.done",
          "\"arguments\":" + q(arguments) + "," + place + output);
      done(call(id, tool, "completed", arguments));
    }

    private String itemId(String prefix) {
      return prefix + Long.toHexString(envelope.seed()) + items.size();
    }

    private String withPadding(String output) {
      return "\"obfuscation\":" + q(Long.toString(padding.nextLong(1L << 60), 36)) + "," + output;
    }

    private void added(String item) {
      String members = "\"item\":" + item + ",\"output_index\":" + items.size();
      add(Kind.STRUCTURE, "response.output_item.added", members);
    }

    private void done(String item) {
      String members = "\"item\":" + item + ",\"output_index\":" + items.size();
      add(Kind.STRUCTURE, "response.output_item.done", members);
      items.add(item);
    }

    /** Members are in the order of their names, except the type. */
    private void add(Kind kind, String type, String before, String... after) {
      String rest = after.length == 0 ? "" : "," + String.join(",", after);
      String json =
          "{\"type\":"
              + q(type)
              + ","
              + before
              + ",\"sequence_number\":"
              + frames.size()
              + rest
              + "}";
      frames.add(event(kind, type, json));
    }
  }

  private static String message(String id, String status, String parts) {
    return """
    {"id":%s,"type":"message","status":%s,"content":[%s],"role":"assistant"}\
    """
        .formatted(q(id), q(status), parts);
  }

  private static String content(String type, String text) {
    return type.equals("refusal")
        ? "{\"type\":\"refusal\",\"refusal\":" + q(text) + "}"
        : "{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":" + q(text) + "}";
  }

  private static String call(String id, AnswerPart.Tool tool, String status, String arguments) {
    return """
    {"id":%s,"type":"function_call","status":%s,"arguments":%s,"call_id":%s,"name":%s}\
    """
        .formatted(q(id), q(status), q(arguments), q(tool.id()), q(tool.name()));
  }

  private static String response(Envelope envelope, String status, String output, String usage) {
    return response(envelope, status, "null", output, usage);
  }

  private static String response(
      Envelope envelope, String status, String error, String output, String usage) {
    return """
    {"id":%s,"object":"response","created_at":%d,"status":%s,"background":false,"error":%s,\
    "incomplete_details":null,"instructions":null,"max_output_tokens":null,\
    "max_tool_calls":null,"model":%s,"output":%s,"parallel_tool_calls":true,\
    "previous_response_id":null,"reasoning":{"effort":null,"summary":null},\
    "service_tier":"default","store":true,"temperature":1.0,"text":{"format":{"type":"text"},\
    "verbosity":"medium"},"tool_choice":"auto","tools":[],"top_logprobs":0,"top_p":1.0,\
    "truncation":"disabled","usage":%s,"user":null,"metadata":{}}\
    """
        .formatted(q(envelope.id()), CREATED, q(status), error, q(envelope.model()), output, usage);
  }

  private static String usage(Answer answer, Envelope envelope) {
    int output = answer.parts().size();
    long thought = answer.parts().stream().filter(AnswerPart.Reasoning.class::isInstance).count();
    return """
    {"input_tokens":%d,"input_tokens_details":{"cached_tokens":0},"output_tokens":%d,\
    "output_tokens_details":{"reasoning_tokens":%d},"total_tokens":%d}\
    """
        .formatted(envelope.promptTokens(), output, thought, envelope.promptTokens() + output);
  }

  @Override
  public String document(Answer answer, Envelope envelope) {
    var composition = new Composition(answer, envelope);
    composition.frames();
    String items = "[" + String.join(",", composition.items) + "]";
    return response(envelope, "completed", items, usage(answer, envelope));
  }

  @Override
  public String errorDocument(ErrorKind kind, int status, String message) {
    return "{\"error\":" + OpenAiChatTemplates.error(kind, message) + "}";
  }

  @Override
  public String errorEvent(ErrorKind kind, String message, int number) {
    String json =
        "{\"type\":\"error\",\"sequence_number\":%d,\"error\":%s}"
            .formatted(number, OpenAiChatTemplates.error(kind, message));
    return event(Kind.STRUCTURE, "error", json).text();
  }

  @Override
  public String errorChunk(ErrorKind kind, String message, int number) {
    var failed = new Envelope("resp_failed", "m", false, 0, 0);
    String response =
        response(failed, "failed", OpenAiChatTemplates.error(kind, message), "[]", "null");
    String json =
        "{\"type\":\"response.failed\",\"response\":%s,\"sequence_number\":%d}"
            .formatted(response, number);
    return event(Kind.STRUCTURE, "response.failed", json).text();
  }

  @Override
  public String withoutUsage(Kind kind, String event) {
    return event.replaceFirst("\"usage\":\\{(?:[^{}]|\\{[^{}]*\\})*\\}", "\"usage\":null");
  }

  @Override
  public WireFrame keepAlive() {
    return new WireFrame(Kind.KEEP_ALIVE, ": keepalive\n\n");
  }

  @Override
  public WireFrame secondStart(String model) {
    var other = new Envelope("resp_another", model, false, 0, 0);
    String json =
        "{\"type\":\"response.created\",\"response\":%s,\"sequence_number\":0}"
            .formatted(response(other, "in_progress", "[]", "null"));
    return event(Kind.START, "response.created", json);
  }

  @Override
  public WireFrame bareDone() {
    return new WireFrame(Kind.DONE, "data: [DONE]\n\n");
  }

  private static WireFrame event(Kind kind, String type, String json) {
    return new WireFrame(kind, "event: " + type + "\ndata: " + json + "\n\n");
  }

  private static String q(String text) {
    return TestJson.quote(text);
  }
}
