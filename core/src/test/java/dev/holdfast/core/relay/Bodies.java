package dev.holdfast.core.relay;

import dev.holdfast.core.json.Json;
import java.util.ArrayList;
import java.util.List;

/** Answers of each protocol, written out by hand as its provider writes them. */
final class Bodies {
  static final List<String> DIALECTS =
      List.of("openai-chat", "openai-responses", "anthropic-messages", "gemini-sse", "ollama-chat");

  private Bodies() {}

  /** A request for a stream. */
  static String request(String dialect) {
    return switch (dialect) {
      case "openai-responses" ->
          "{\"model\":\"m\",\"stream\":true,\"temperature\":0,\"input\":\"Tell a story\"}";
      case "gemini-sse" ->
          "{\"model\":\"m\",\"generationConfig\":{\"temperature\":0},\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"Tell\"}]}]}";
      case "anthropic-messages" ->
          "{\"model\":\"m\",\"max_tokens\":4096,\"stream\":true,\"temperature\":0,"
              + "\"messages\":[{\"role\":\"user\",\"content\":\"Tell a story\"}]}";
      case "ollama-chat" ->
          "{\"model\":\"m\",\"options\":{\"temperature\":0},"
              + "\"messages\":[{\"role\":\"user\",\"content\":\"Tell a story\"}]}";
      default ->
          "{\"model\":\"m\",\"stream\":true,\"temperature\":0,"
              + "\"messages\":[{\"role\":\"user\",\"content\":\"Tell a story\"}]}";
    };
  }

  private static String quoted(String text) {
    return new Json.Str(text).write();
  }

  private static List<String> pieces(String text) {
    var pieces = new ArrayList<String>();
    for (int at = 0; at < text.length(); at += 7) {
      pieces.add(text.substring(at, Math.min(text.length(), at + 7)));
    }
    return pieces;
  }

  /** A whole answer with this text; {@code id} distinguishes attempts. */
  static String answer(String dialect, String id, String text) {
    return switch (dialect) {
      case "openai-chat" -> chat(id, text);
      case "openai-responses" -> responses(id, text);
      case "anthropic-messages" -> messages(id, text, false);
      case "gemini-sse" -> gemini(id, text);
      default -> ollama(text);
    };
  }

  private static String chat(String id, String text) {
    var out = new StringBuilder();
    String named =
        "data: {\"id\":\""
            + id
            + "\",\"object\":\"chat.completion.chunk\",\"created\":17,"
            + "\"model\":\"m-"
            + id
            + "\",\"system_fingerprint\":\"fp_"
            + id
            + "\",\"choices\":[";
    out.append(named)
        .append("{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},")
        .append("\"finish_reason\":null}]}\n\n");
    out.append(": keep-alive\n\n");
    for (var piece : pieces(text)) {
      out.append(named)
          .append("{\"index\":0,\"delta\":{\"content\":")
          .append(quoted(piece))
          .append("},\"finish_reason\":null}]}\n\n");
    }
    out.append(named).append("{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
    out.append(named)
        .append("],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":20,\"total_tokens\":29}}")
        .append("\n\ndata: [DONE]\n\n");
    return out.toString();
  }

  static String messages(String id, String text, boolean thinking) {
    var out = new StringBuilder();
    event(
        out,
        "message_start",
        "\"message\":{\"id\":\""
            + id
            + "\",\"type\":\"message\",\"role\":\"assistant\",\"model\":"
            + "\"m-"
            + id
            + "\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,"
            + "\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}");
    event(out, "ping", "");
    int index = 0;
    if (thinking) {
      event(
          out,
          "content_block_start",
          "\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\","
              + "\"signature\":\"\"}");
      event(
          out,
          "content_block_delta",
          "\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"Let me think.\"}");
      event(
          out,
          "content_block_delta",
          "\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"c2ln\"}");
      event(out, "content_block_stop", "\"index\":0");
      index = 1;
    }
    event(
        out,
        "content_block_start",
        "\"index\":" + index + ",\"content_block\":{\"type\":\"text\",\"text\":\"\"}");
    for (var piece : pieces(text)) {
      event(
          out,
          "content_block_delta",
          "\"index\":"
              + index
              + ",\"delta\":{\"type\":\"text_delta\",\"text\":"
              + quoted(piece)
              + "}");
    }
    event(out, "content_block_stop", "\"index\":" + index);
    event(
        out,
        "message_delta",
        "\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},"
            + "\"usage\":{\"output_tokens\":20}");
    event(out, "message_stop", "");
    return out.toString();
  }

  private static void event(StringBuilder out, String type, String members) {
    out.append("event: ").append(type).append("\ndata: {\"type\":\"").append(type).append('"');
    if (!members.isEmpty()) {
      out.append(',').append(members);
    }
    out.append("}\n\n");
  }

  private static String responses(String id, String text) {
    var out = new StringBuilder();
    String head =
        "\"response\":{\"id\":\""
            + id
            + "\",\"object\":\"response\",\"created_at\":17,"
            + "\"status\":\"%s\",\"error\":null,\"incomplete_details\":null,"
            + "\"instructions\":\"Be brief\",\"model\":\"m-"
            + id
            + "\",\"output\":[%s],"
            + "\"tools\":[],\"usage\":%s}";
    int[] number = {0};
    numbered(out, number, "response.created", head.formatted("in_progress", "", "null"));
    numbered(out, number, "response.in_progress", head.formatted("in_progress", "", "null"));
    String thought = "{\"type\":\"summary_text\",\"text\":\"Let me think.\"}";
    String reasoned =
        "{\"id\":\"rs_" + id + "\",\"type\":\"reasoning\",\"summary\":[" + thought + "]}";
    String place = "\"item_id\":\"rs_" + id + "\",\"output_index\":0,\"summary_index\":0";
    numbered(
        out,
        number,
        "response.output_item.added",
        "\"output_index\":0,\"item\":{\"id\":\"rs_"
            + id
            + "\",\"type\":\"reasoning\",\"summary\":[]}");
    numbered(
        out,
        number,
        "response.reasoning_summary_part.added",
        place + ",\"part\":{\"type\":\"summary_text\",\"text\":\"\"}");
    numbered(
        out,
        number,
        "response.reasoning_summary_text.delta",
        place + ",\"delta\":\"Let me think.\"");
    numbered(
        out, number, "response.reasoning_summary_text.done", place + ",\"text\":\"Let me think.\"");
    numbered(out, number, "response.reasoning_summary_part.done", place + ",\"part\":" + thought);
    numbered(out, number, "response.output_item.done", "\"output_index\":0,\"item\":" + reasoned);
    String item =
        "{\"id\":\"msg_"
            + id
            + "\",\"type\":\"message\",\"status\":\"%s\","
            + "\"role\":\"assistant\",\"content\":[%s]}";
    String part = "{\"type\":\"output_text\",\"text\":%s,\"annotations\":[]}";
    String in = "\"item_id\":\"msg_" + id + "\",\"output_index\":1,\"content_index\":0";
    numbered(
        out,
        number,
        "response.output_item.added",
        "\"output_index\":1,\"item\":" + item.formatted("in_progress", ""));
    numbered(
        out, number, "response.content_part.added", in + ",\"part\":" + part.formatted("\"\""));
    for (var piece : pieces(text)) {
      numbered(out, number, "response.output_text.delta", in + ",\"delta\":" + quoted(piece));
    }
    String whole = part.formatted(quoted(text));
    numbered(out, number, "response.output_text.done", in + ",\"text\":" + quoted(text));
    numbered(out, number, "response.content_part.done", in + ",\"part\":" + whole);
    numbered(
        out,
        number,
        "response.output_item.done",
        "\"output_index\":1,\"item\":" + item.formatted("completed", whole));
    numbered(
        out,
        number,
        "response.completed",
        head.formatted(
            "completed",
            reasoned + "," + item.formatted("completed", whole),
            "{\"input_tokens\":9,\"output_tokens\":20,\"total_tokens\":29}"));
    return out.toString();
  }

  private static void numbered(StringBuilder out, int[] number, String type, String members) {
    event(out, type, "\"sequence_number\":" + number[0]++ + "," + members);
  }

  private static String gemini(String id, String text) {
    var out = new StringBuilder();
    var pieces = pieces(text);
    for (int i = 0; i < pieces.size(); i++) {
      boolean last = i == pieces.size() - 1;
      out.append("data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":")
          .append(quoted(pieces.get(i)))
          .append("}],\"role\":\"model\"}")
          .append(last ? ",\"finishReason\":\"STOP\"" : "")
          .append(",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":9,")
          .append("\"candidatesTokenCount\":20,\"totalTokenCount\":29},\"modelVersion\":\"m-")
          .append(id)
          .append("\",\"responseId\":\"")
          .append(id)
          .append("\"}\r\n\r\n");
    }
    return out.toString();
  }

  private static String ollama(String text) {
    var out = new StringBuilder();
    String named = "{\"model\":\"m-one\",\"created_at\":\"2026-01-02T03:04:05.5Z\",\"message\":";
    for (var piece : pieces(text)) {
      out.append(named)
          .append("{\"role\":\"assistant\",\"content\":")
          .append(quoted(piece))
          .append("},\"done\":false}\n");
    }
    out.append(named)
        .append("{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,")
        .append("\"done_reason\":\"stop\",\"prompt_eval_count\":9,\"eval_count\":20}\n");
    return out.toString();
  }
}
