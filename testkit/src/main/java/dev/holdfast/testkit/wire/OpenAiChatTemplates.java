package dev.holdfast.testkit.wire;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.AnswerPart;
import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.answer.WireFrame.Kind;
import dev.holdfast.testkit.json.TestJson;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Chat Completions as api.openai.com writes them, reasoning as DeepSeek does. */
public final class OpenAiChatTemplates implements WireTemplates {
  /** A comment after so many events of output. */
  private static final int KEEP_ALIVE_EVERY = 25;

  private static final long CREATED = 1_760_000_000L;
  private static final String INDEX = "\"choices\":[{\"index\":";

  @Override
  public EventFraming framing() {
    return EventFraming.EVENTS;
  }

  @Override
  public String idPrefix() {
    return "chatcmpl-";
  }

  @Override
  public Conversation conversation(TestJson request) {
    return Conversation.ofMessages(request);
  }

  @Override
  public List<WireFrame> stream(Answer answer, Envelope envelope) {
    var padding = new SplittableRandom(envelope.seed());
    var frames = new ArrayList<WireFrame>();
    frames.add(
        chunk(
            Kind.START,
            envelope,
            "{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}",
            padding));
    int call = 0;
    int output = 0;
    for (AnswerPart part : answer.parts()) {
      for (WireFrame frame : part(part, call, envelope, padding)) {
        frames.add(frame);
        if (++output % KEEP_ALIVE_EVERY == 0) {
          frames.add(keepAlive());
        }
      }
      if (part instanceof AnswerPart.Tool) {
        call++;
      }
    }
    frames.add(event(Kind.FINISH, chunkJson(envelope, "{}", quoted(finish(answer)), padding)));
    if (envelope.usage()) {
      frames.add(event(Kind.USAGE, usageChunk(answer, envelope)));
    }
    frames.add(bareDone());
    return frames;
  }

  /** {@return the events of several answers at once, in turns; the marker closes all of them} */
  public static List<WireFrame> choices(List<Answer> answers, Envelope envelope) {
    var each = new ArrayList<List<WireFrame>>();
    int longest = 0;
    for (int i = 0; i < answers.size(); i++) {
      var frames = new ArrayList<WireFrame>();
      for (WireFrame frame : new OpenAiChatTemplates().stream(answers.get(i), envelope)) {
        boolean last = i == answers.size() - 1;
        if (last || (frame.kind() != Kind.USAGE && frame.kind() != Kind.DONE)) {
          frames.add(new WireFrame(frame.kind(), frame.text().replace(INDEX + 0, INDEX + i)));
        }
      }
      each.add(frames);
      longest = Math.max(longest, frames.size());
    }
    var all = new ArrayList<WireFrame>();
    var trailers = new ArrayList<WireFrame>();
    int left = answers.size();
    for (int at = 0; at < longest; at++) {
      for (List<WireFrame> frames : each) {
        if (at < frames.size()) {
          WireFrame frame = frames.get(at);
          boolean trails = frame.kind() == Kind.USAGE || frame.kind() == Kind.DONE;
          // The last of the reasons is the one that proves.
          boolean proves = frame.kind() != Kind.FINISH || --left == 0;
          (trails ? trailers : all)
              .add(proves ? frame : new WireFrame(Kind.STRUCTURE, frame.text()));
        }
      }
    }
    all.addAll(trailers);
    return all;
  }

  private static List<WireFrame> part(
      AnswerPart part, int call, Envelope envelope, SplittableRandom padding) {
    return switch (part) {
      case AnswerPart.Token(String text) ->
          List.of(
              chunk(Kind.CONTENT, envelope, "{\"content\":" + TestJson.quote(text) + "}", padding));
      case AnswerPart.Refusal(String text) ->
          List.of(
              chunk(Kind.CONTENT, envelope, "{\"refusal\":" + TestJson.quote(text) + "}", padding));
      case AnswerPart.Reasoning(String text) ->
          List.of(
              chunk(
                  Kind.REASONING,
                  envelope,
                  "{\"reasoning_content\":" + TestJson.quote(text) + ",\"content\":null}",
                  padding));
      case AnswerPart.Tool tool -> {
        var frames = new ArrayList<WireFrame>();
        frames.add(chunk(Kind.TOOL, envelope, callStart(tool, call), padding));
        for (String piece : tool.arguments()) {
          frames.add(chunk(Kind.TOOL, envelope, callPiece(piece, call), padding));
        }
        yield frames;
      }
    };
  }

  private static String callStart(AnswerPart.Tool tool, int call) {
    return """
    {"tool_calls":[{"index":%d,"id":%s,"type":"function","function":{"name":%s,"arguments":""}}]}\
    """
        .formatted(call, quoted(tool.id()), quoted(tool.name()));
  }

  private static String callPiece(String piece, int call) {
    return """
    {"tool_calls":[{"index":%d,"function":{"arguments":%s}}]}\
    """
        .formatted(call, quoted(piece));
  }

  private static WireFrame chunk(
      Kind kind, Envelope envelope, String delta, SplittableRandom padding) {
    return event(kind, chunkJson(envelope, delta, "null", padding));
  }

  // Concatenated, not formatted: the simulator writes thousands of these a second.
  private static String chunkJson(
      Envelope envelope, String delta, String finish, SplittableRandom padding) {
    return "{\"id\":"
        + quoted(envelope.id())
        + ",\"object\":\"chat.completion.chunk\",\"created\":"
        + CREATED
        + ",\"model\":"
        + quoted(envelope.model())
        + ",\"service_tier\":\"default\",\"system_fingerprint\":null,"
        + "\"choices\":[{\"index\":0,\"delta\":"
        + delta
        + ",\"logprobs\":null,\"finish_reason\":"
        + finish
        + "}]"
        + (envelope.usage() ? ",\"usage\":null" : "")
        + ",\"obfuscation\":"
        + quoted(Long.toString(padding.nextLong(1L << 60), 36))
        + "}";
  }

  private static String usageChunk(Answer answer, Envelope envelope) {
    return """
    {"id":%s,"object":"chat.completion.chunk","created":%d,"model":%s,"choices":[],"usage":%s}\
    """
        .formatted(
            quoted(envelope.id()), CREATED, quoted(envelope.model()), usage(answer, envelope));
  }

  private static String usage(Answer answer, Envelope envelope) {
    int completion = answer.parts().size();
    return """
    {"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}\
    """
        .formatted(envelope.promptTokens(), completion, envelope.promptTokens() + completion);
  }

  private static String finish(Answer answer) {
    return answer.tools().isEmpty() ? "stop" : "tool_calls";
  }

  @Override
  public String document(Answer answer, Envelope envelope) {
    var calls = new ArrayList<String>();
    for (AnswerPart.Tool tool : answer.tools()) {
      calls.add(
          """
          {"id":%s,"type":"function","function":{"name":%s,"arguments":%s}}\
          """
              .formatted(quoted(tool.id()), quoted(tool.name()), quoted(tool.argumentsJson())));
    }
    return """
    {"id":%s,"object":"chat.completion","created":%d,"model":%s,"choices":[{"index":0,"message":\
    {"role":"assistant","content":%s,"refusal":%s%s},"logprobs":null,"finish_reason":%s}],"usage":%s}\
    """
        .formatted(
            quoted(envelope.id()),
            CREATED,
            quoted(envelope.model()),
            quoted(answer.text()),
            answer.refusal().isEmpty() ? "null" : quoted(answer.refusal()),
            calls.isEmpty() ? "" : ",\"tool_calls\":[" + String.join(",", calls) + "]",
            quoted(finish(answer)),
            usage(answer, envelope));
  }

  @Override
  public String errorDocument(ErrorKind kind, int status, String message) {
    return "{\"error\":" + error(kind, message) + "}";
  }

  /** {@return OpenAI's description of an error, the same in both of its protocols} */
  static String error(ErrorKind kind, String message) {
    String type =
        switch (kind) {
          case SERVER, OVERLOADED -> "server_error";
          case RATE_LIMITED -> "rate_limit_error";
          case INVALID_REQUEST -> "invalid_request_error";
        };
    String code =
        switch (kind) {
          case SERVER, INVALID_REQUEST -> "null";
          case OVERLOADED -> "\"overloaded\"";
          case RATE_LIMITED -> "\"rate_limit_exceeded\"";
        };
    return """
    {"message":%s,"type":%s,"param":null,"code":%s}\
    """
        .formatted(quoted(message), quoted(type), code);
  }

  @Override
  public String errorEvent(ErrorKind kind, String message, int number) {
    return "data: " + errorDocument(kind, kind.status(), message) + "\n\n";
  }

  @Override
  public String errorChunk(ErrorKind kind, String message, int number) {
    return """
    {"id":"chatcmpl-error","object":"chat.completion.chunk","created":%d,"model":"m","choices":\
    [{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"error"}],"error":%s}\
    """
        .formatted(CREATED, error(kind, message))
        .transform(json -> event(Kind.STRUCTURE, json).text() + bareDone().text());
  }

  @Override
  public String withoutUsage(Kind kind, String event) {
    return kind == Kind.USAGE ? "" : event.replace(",\"usage\":null", "");
  }

  @Override
  public WireFrame keepAlive() {
    return new WireFrame(Kind.KEEP_ALIVE, ": keep-alive\n\n");
  }

  @Override
  public WireFrame secondStart(String model) {
    return chunk(
        Kind.START,
        new Envelope("chatcmpl-another", model, false, 0, 0),
        "{\"role\":\"assistant\",\"content\":\"\"}",
        new SplittableRandom(0));
  }

  @Override
  public WireFrame bareDone() {
    return new WireFrame(Kind.DONE, "data: [DONE]\n\n");
  }

  private static WireFrame event(Kind kind, String json) {
    return new WireFrame(kind, "data: " + json + "\n\n");
  }

  private static String quoted(String text) {
    return TestJson.quote(text);
  }
}
