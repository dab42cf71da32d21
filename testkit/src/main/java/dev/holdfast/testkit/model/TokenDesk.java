package dev.holdfast.testkit.model;

import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.http.HttpRequest;
import dev.holdfast.testkit.json.JsonException;
import dev.holdfast.testkit.json.TestJson;
import dev.holdfast.testkit.wire.Conversation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The token ids of an engine such as vLLM: {@code POST /tokenize} renders a conversation, and
 * {@code POST /v1/completions} continues from its tokens. A token is a UTF-16 unit of the first
 * user message or, after a token of its own, of the partial answer.
 */
public final class TokenDesk {
  private static final int CONTEXT = 1 << 20;
  private static final String MARK = "1114112";
  private static final String DELTA = "\"delta\":{";
  private static final String CONTENT = "\"content\":";
  private static final String BEHIND = "},\"logprobs\":null";

  private TokenDesk() {}

  /**
   * What a completion asks for.
   *
   * @param prompt the first user message
   * @param partial the answer so far
   */
  public record Asked(String prompt, String partial) {}

  /** {@return whether a request renders a conversation as tokens} */
  public static boolean isTokenize(HttpRequest request) {
    return request.path().endsWith("/tokenize");
  }

  /** {@return whether a request continues tokens} */
  public static boolean isCompletion(HttpRequest request) {
    return request.path().endsWith("/v1/completions");
  }

  /**
   * {@return the first user message of a request to tokenize, or the text of a completion's tokens}
   */
  public static Asked asked(HttpRequest request) {
    return asked(isTokenize(request), request.body());
  }

  static Asked asked(boolean tokenize, String json) {
    try {
      TestJson body = TestJson.parse(json);
      if (tokenize) {
        List<TestJson> messages = body.items("messages");
        boolean begun =
            !messages.isEmpty() && messages.getLast().text("role", "").equals("assistant");
        return new Asked(
            Conversation.ofMessages(body).firstUser(),
            begun ? messages.getLast().text("content", "") : "");
      }
      var prompt = new StringBuilder();
      StringBuilder partial = null;
      for (TestJson id : body.items("prompt")) {
        String token = id instanceof TestJson.Num number ? number.text() : "";
        if (token.equals(MARK)) {
          partial = new StringBuilder();
        } else if (token.matches("\\d{1,5}")) {
          (partial == null ? prompt : partial).append((char) Integer.parseInt(token));
        }
      }
      return new Asked(prompt.toString(), partial == null ? "" : partial.toString());
    } catch (JsonException e) {
      return new Asked("", "");
    }
  }

  /** {@return the answer to a request to tokenize} */
  static Reply tokens(Asked asked) {
    var ids = new StringBuilder();
    asked.prompt().chars().forEach(unit -> ids.append(unit).append(','));
    ids.append(MARK);
    asked.partial().chars().forEach(unit -> ids.append(',').append(unit));
    int count = asked.prompt().length() + 1 + asked.partial().length();
    return Reply.document(
        200, "{\"count\":%d,\"max_model_len\":%d,\"tokens\":[%s]}".formatted(count, CONTEXT, ids));
  }

  /** {@return a chat request that asks for the same as a completion's tokens} */
  static String chat(String completion, Asked asked) {
    String model = model(completion);
    return """
    {"model":%s,"messages":[{"role":"user","content":%s},{"role":"assistant","content":%s}],\
    "stream":true,"stream_options":{"include_usage":true}}\
    """
        .formatted(
            TestJson.quote(model == null ? "" : model),
            TestJson.quote(asked.prompt()),
            TestJson.quote(asked.partial()));
  }

  /** {@return a stream of chat chunks as a completion's: its text is in the choice itself} */
  static Reply completion(Reply chat) {
    if (!chat.isStream()) {
      return chat;
    }
    var frames = new ArrayList<WireFrame>();
    for (WireFrame frame : chat.frames()) {
      String text = frame.text().replace("chat.completion.chunk", "text_completion");
      int delta = text.indexOf(DELTA);
      int rest = text.lastIndexOf(BEHIND);
      if (delta >= 0 && rest > delta) {
        int content = text.indexOf(CONTENT, delta);
        boolean counts = frame.kind() == WireFrame.Kind.CONTENT && content >= 0 && content < rest;
        String words = counts ? text.substring(content + CONTENT.length(), rest) : "\"\"";
        text = text.substring(0, delta) + "\"text\":" + words + text.substring(rest + "}".length());
      }
      frames.add(new WireFrame(frame.kind(), text));
    }
    return new Reply(chat.head(), frames);
  }

  private static @Nullable String model(String body) {
    try {
      return TestJson.parse(body).text("model", "");
    } catch (JsonException e) {
      return null;
    }
  }
}
