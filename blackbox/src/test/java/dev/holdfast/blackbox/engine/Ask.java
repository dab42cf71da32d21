package dev.holdfast.blackbox.engine;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.request.ChatRequest;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A question to the engine, which knows some texts by heart.
 *
 * @param protocol of the stream
 * @param prompt one that the engine knows
 * @param maxTokens the limit of the answer; 0 for none
 */
record Ask(String protocol, String prompt, int maxTokens) {
  static final String CHAT = "openai-chat";
  static final String MESSAGES = "anthropic-messages";
  static final String RESPONSES = "openai-responses";

  /** English prose of 372 tokens, without umlauts. */
  static final String STORY = "Tell me a story.";

  /** Sentences in many scripts, of characters of two to four bytes. */
  static final String WORLD = "Greet the world!";

  /** An answer without an end. */
  static final String ENDLESS = "Never stop talking";

  /**
   * What the engine itself answers.
   *
   * @param text the whole text
   * @param limited whether the limit ended it
   * @param tokens how many it took, as the engine counts
   */
  record Truth(String text, boolean limited, int tokens) {}

  /** {@return the request, which is deterministic} */
  ChatRequest request() {
    var request = ChatRequest.to(Engine.MODEL).user(prompt).temperature(0);
    if (maxTokens > 0) {
      request.maxTokens(maxTokens);
    }
    return request.build();
  }

  /** {@return the engine's own answer, in one piece, without Holdfast} */
  Truth truth(Engine engine) throws IOException, InterruptedException {
    var message = new LinkedHashMap<String, Json>();
    message.put("role", new Json.Str("user"));
    message.put("content", new Json.Str(prompt));
    var body = new LinkedHashMap<String, Json>();
    body.put("messages", new Json.Arr(List.of(new Json.Obj(Map.copyOf(message)))));
    body.put("temperature", new Json.Num("0"));
    if (maxTokens > 0) {
      body.put("max_tokens", new Json.Num("" + maxTokens));
    }
    var answer = engine.post("/v1/chat/completions", new Json.Obj(body).write());
    var choices = answer.array("choices");
    var usage = answer.object("usage");
    if (choices == null
        || usage == null
        || !(choices.items().getFirst() instanceof Json.Obj choice)) {
      throw new IOException("an answer: must have choices and usage, was " + answer.write());
    }
    var said = choice.object("message");
    return new Truth(
        said == null ? "" : said.text("content"),
        choice.text("finish_reason").equals("length"),
        (int) usage.number("completion_tokens", -1));
  }

  /**
   * {@return the names of the finish reasons that are right} In Responses llama.cpp calls an answer
   * that its limit ended completed, as one that the model ended.
   */
  List<String> finishes(Truth truth) {
    if (!truth.limited()) {
      return List.of("STOP");
    }
    return protocol.equals(RESPONSES) ? List.of("LENGTH", "STOP") : List.of("LENGTH");
  }

  /** {@return marks of the first event that belongs to the proof of an end} */
  String[] finish() {
    return switch (protocol) {
      case CHAT -> new String[] {"\"finish_reason\":\"", "[DONE]"};
      case MESSAGES -> new String[] {"\"message_delta\"", "message_stop"};
      default -> new String[] {"response.completed", "response.incomplete"};
    };
  }
}
