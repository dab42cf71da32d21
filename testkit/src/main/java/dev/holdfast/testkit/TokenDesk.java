package dev.holdfast.testkit;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The token ids of an engine such as vLLM: {@code POST /tokenize} renders a conversation, and
 * {@code POST /v1/completions} goes on from its tokens. A token is a UTF-16 unit of the first user
 * message or, behind a token of its own, of the partial answer.
 */
final class TokenDesk {
  private static final int CONTEXT = 1 << 20;
  private static final String MARK = "1114112";

  private TokenDesk() {}

  /**
   * What a completion asks for.
   *
   * @param prompt the first user message
   * @param partial the answer so far
   */
  record Asked(String prompt, String partial) {}

  static boolean isTokenize(HttpRequest request) {
    return request.path().endsWith("/tokenize");
  }

  static boolean isCompletion(HttpRequest request) {
    return request.path().endsWith("/v1/completions");
  }

  /**
   * {@return the first user message of a request to tokenize, or what a completion's tokens say}
   */
  static Asked asked(HttpRequest request) {
    try {
      Json body = Json.parse(request.body());
      if (isTokenize(request)) {
        List<Json> messages = body.items("messages");
        boolean begun =
            !messages.isEmpty() && messages.getLast().text("role", "").equals("assistant");
        return new Asked(
            Conversation.ofMessages(body).firstUser(),
            begun ? messages.getLast().text("content", "") : "");
      }
      var prompt = new StringBuilder();
      StringBuilder partial = null;
      for (Json id : body.items("prompt")) {
        String token = id instanceof Json.Num number ? number.text() : "";
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
  static String chat(HttpRequest request, Asked asked) {
    String model = model(request.body());
    return """
    {"model":%s,"messages":[{"role":"user","content":%s},{"role":"assistant","content":%s}],\
    "stream":true,"stream_options":{"include_usage":true}}\
    """
        .formatted(
            Json.quote(model == null ? "" : model),
            Json.quote(asked.prompt()),
            Json.quote(asked.partial()));
  }

  private static @Nullable String model(String body) {
    try {
      return Json.parse(body).text("model", "");
    } catch (JsonException e) {
      return null;
    }
  }
}
