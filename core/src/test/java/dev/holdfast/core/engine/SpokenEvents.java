package dev.holdfast.core.engine;

import java.util.List;

/** Writes answers of one token per event as six protocols do, by hand. */
record SpokenEvents(String dialect) {
  static final List<String> ALL =
      List.of(
          "openai-chat",
          "anthropic-messages",
          "openai-responses",
          "gemini-sse",
          "gemini-interactions",
          "ollama-chat");

  /** {@return a request with an output limit in its protocol's words; some more members} */
  String request(int limit, String more) {
    String turn = "\"messages\":[{\"role\":\"user\",\"content\":\"Tell\"}]";
    return switch (dialect) {
      case "openai-chat", "anthropic-messages" ->
          "{\"model\":\"m\",%s\"max_tokens\":%d,%s}".formatted(more, limit, turn);
      case "openai-responses" ->
          "{\"model\":\"m\",%s\"max_output_tokens\":%d,\"input\":\"Tell\"}".formatted(more, limit);
      case "gemini-sse" ->
          ("{\"model\":\"m\",%s\"generationConfig\":{\"maxOutputTokens\":%d},"
                  + "\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"Tell\"}]}]}")
              .formatted(more, limit);
      case "gemini-interactions" ->
          ("{\"model\":\"m\",%s\"generation_config\":{\"max_output_tokens\":%d},"
                  + "\"store\":false,\"input\":\"Tell\"}")
              .formatted(more, limit);
      case "ollama-chat" ->
          "{\"model\":\"m\",%s\"options\":{\"num_predict\":%d},%s}".formatted(more, limit, turn);
      default -> throw new IllegalArgumentException(dialect);
    };
  }

  String head() {
    return switch (dialect) {
      case "anthropic-messages" ->
          sse("{\"type\":\"message_start\",\"message\":{\"id\":\"m1\",\"role\":\"assistant\"}}")
              + sse(
                  "{\"type\":\"content_block_start\",\"index\":0,"
                      + "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}");
      case "openai-responses" ->
          sse("{\"type\":\"response.created\",\"response\":{\"id\":\"r1\",\"model\":\"m\"}}");
      case "gemini-interactions" ->
          sse(
                  "{\"event_type\":\"interaction.created\",\"interaction\":{\"id\":\"i1\","
                      + "\"model\":\"m\"}}")
              + sse(
                  "{\"event_type\":\"step.start\",\"index\":0,"
                      + "\"step\":{\"type\":\"model_output\"}}");
      default -> "";
    };
  }

  String token(String text) {
    String json = text.replace("\n", "\\n").replace("\"", "\\\"");
    return switch (dialect) {
      case "openai-chat" ->
          sse("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + json + "\"}}]}");
      case "anthropic-messages" ->
          sse(
              "{\"type\":\"content_block_delta\",\"index\":0,"
                  + "\"delta\":{\"type\":\"text_delta\",\"text\":\""
                  + json
                  + "\"}}");
      case "openai-responses" ->
          sse("{\"type\":\"response.output_text.delta\",\"delta\":\"" + json + "\"}");
      case "gemini-sse" ->
          sse("{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"" + json + "\"}]}}]}");
      case "gemini-interactions" ->
          sse(
              "{\"event_type\":\"step.delta\",\"index\":0,"
                  + "\"delta\":{\"type\":\"text\",\"text\":\""
                  + json
                  + "\"}}");
      case "ollama-chat" ->
          "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"" + json + "\"}}\n";
      default -> throw new IllegalArgumentException(dialect);
    };
  }

  /** {@return the end of an answer that stopped by itself, or at its limit} */
  String end(boolean limit) {
    return switch (dialect) {
      case "openai-chat" ->
          sse(
                  "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"%s\"}]}"
                      .formatted(limit ? "length" : "stop"))
              + sse("[DONE]");
      case "anthropic-messages" ->
          sse("{\"type\":\"content_block_stop\",\"index\":0}")
              + sse(
                  "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"%s\"}}"
                      .formatted(limit ? "max_tokens" : "end_turn"))
              + sse("{\"type\":\"message_stop\"}");
      case "openai-responses" ->
          limit
              ? sse(
                  "{\"type\":\"response.incomplete\",\"response\":{\"id\":\"r1\",\"status\":"
                      + "\"incomplete\",\"incomplete_details\":{\"reason\":"
                      + "\"max_output_tokens\"}}}")
              : sse(
                  "{\"type\":\"response.completed\",\"response\":{\"id\":\"r1\","
                      + "\"status\":\"completed\"}}");
      case "gemini-sse" ->
          sse(
              "{\"candidates\":[{\"content\":{\"parts\":[]},\"finishReason\":\"%s\"}]}"
                  .formatted(limit ? "MAX_TOKENS" : "STOP"));
      case "gemini-interactions" ->
          sse("{\"event_type\":\"step.stop\",\"index\":0}")
              + sse(
                  limit
                      ? "{\"event_type\":\"interaction.completed\",\"interaction\":{\"id\":\"i1\","
                          + "\"status\":\"incomplete\"}}"
                      : "{\"event_type\":\"interaction.completed\",\"interaction\":{\"id\":\"i1\","
                          + "\"status\":\"completed\"}}");
      case "ollama-chat" ->
          "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},"
              + "\"done\":true,\"done_reason\":\"%s\"}\n".formatted(limit ? "length" : "stop");
      default -> throw new IllegalArgumentException(dialect);
    };
  }

  private static String sse(String json) {
    return "data: " + json + "\n\n";
  }
}
