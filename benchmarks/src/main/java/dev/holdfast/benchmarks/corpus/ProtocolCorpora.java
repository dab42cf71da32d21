package dev.holdfast.benchmarks.corpus;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.zip.CRC32;

/** Bodies as {@link Corpora} makes them, in the protocols that have no shortcut of their own. */
public final class ProtocolCorpora {
  private ProtocolCorpora() {}

  /** One event behind the other until the body is large enough. */
  private static byte[] body(
      int size,
      int tokens,
      String head,
      String tail,
      BiConsumer<ByteArrayOutputStream, Delta> one) {
    Random random = new Random(Corpora.SEED);
    ByteArrayOutputStream body = new ByteArrayOutputStream(size + 4096);
    Corpora.write(body, head);
    for (int number = 0; body.size() < size; number++) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < tokens; i++) {
        text.append(Corpora.token(random));
      }
      one.accept(body, new Delta(number, text.toString()));
    }
    Corpora.write(body, tail);
    return body.toByteArray();
  }

  private record Delta(int number, String json) {}

  /**
   * {@return OpenAI Responses events, about 290 bytes an event} Without the events that repeat the
   * whole text: no frame is that long in life.
   */
  public static byte[] openAiResponses(int size) {
    String response = "\"response\":{\"id\":\"resp_0synth\",\"object\":\"response\",\"status\":\"";
    return body(
        size,
        1,
        "event: response.created\ndata: {\"type\":\"response.created\","
            + response
            + "in_progress\",\"model\":\"gpt-4.1\",\"output\":[]},\"sequence_number\":0}\n\n",
        "event: response.completed\ndata: {\"type\":\"response.completed\","
            + response
            + "completed\",\"model\":\"gpt-4.1\",\"output\":[],\"usage\":{\"input_tokens\":9,"
            + "\"output_tokens\":9,\"total_tokens\":18}}}\n\n",
        (body, delta) ->
            Corpora.write(
                body,
                "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\","
                    + "\"content_index\":0,\"delta\":\""
                    + delta.json
                    + "\",\"item_id\":\"msg_06a874b3b87dc3ad006a624e8b49c481948af1d9f8ce0f7a82\","
                    + "\"logprobs\":[],\"obfuscation\":\"7uFXZlgvTA\",\"output_index\":0,"
                    + "\"sequence_number\":"
                    + (delta.number + 1)
                    + "}\n\n"));
  }

  /** {@return Gemini chunks of about a line of text each} */
  public static byte[] gemini(int size) {
    return body(
        size,
        16,
        "",
        geminiChunk("", ",\"finishReason\":\"STOP\"", 1_000_000),
        (body, delta) -> Corpora.write(body, geminiChunk(delta.json, "", delta.number)));
  }

  private static String geminiChunk(String text, String finish, int tokens) {
    return "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\""
        + text
        + "\"}],\"role\":\"model\"}"
        + finish
        + ",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":12,\"candidatesTokenCount\":"
        + tokens
        + ",\"totalTokenCount\":"
        + (tokens + 12)
        + ",\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":12}]},"
        + "\"modelVersion\":\"gemini-2.5-flash\",\"responseId\":\"7uFXZlgvTAbW2IT\"}\r\n\r\n";
  }

  /** {@return events of Gemini's Interactions of about a line of text each} */
  public static byte[] geminiInteractions(int size) {
    return body(
        size,
        16,
        interactionsEvent("interaction.created", interaction("in_progress", ""))
            + interactionsEvent("step.start", "\"index\":0,\"step\":{\"type\":\"model_output\"}"),
        interactionsEvent("step.stop", "\"index\":0")
            + interactionsEvent(
                "interaction.completed",
                interaction(
                    "completed",
                    ",\"usage\":{\"total_tokens\":21,\"total_input_tokens\":12,"
                        + "\"total_output_tokens\":9}"))
            + "event: done\ndata: [DONE]\n\n",
        (body, delta) ->
            Corpora.write(
                body,
                interactionsEvent(
                    "step.delta",
                    "\"index\":0,\"delta\":{\"text\":\"" + delta.json + "\",\"type\":\"text\"}")));
  }

  private static String interaction(String status, String usage) {
    return "\"interaction\":{\"id\":\"v1_7uFXZlgvTAbW2IT\",\"status\":\""
        + status
        + "\",\"object\":\"interaction\",\"model\":\"gemini-2.5-flash\""
        + usage
        + "}";
  }

  private static String interactionsEvent(String type, String members) {
    return "event: " + type + "\ndata: {" + members + ",\"event_type\":\"" + type + "\"}\n\n";
  }

  /** {@return lines of Ollama's chat API} */
  public static byte[] ollama(int size) {
    return body(
        size,
        1,
        "",
        ollamaLine("", ",\"done\":true,\"done_reason\":\"stop\",\"eval_count\":9"),
        (body, delta) -> Corpora.write(body, ollamaLine(delta.json, ",\"done\":false")));
  }

  private static String ollamaLine(String text, String done) {
    return "{\"model\":\"llama3.2\",\"created_at\":\"2026-11-20T10:00:00.123456Z\",\"message\":"
        + "{\"role\":\"assistant\",\"content\":\""
        + text
        + "\"}"
        + done
        + "}\n";
  }

  /** {@return Cohere's events} */
  public static byte[] cohere(int size) {
    return body(
        size,
        1,
        "event: message-start\ndata: {\"id\":\"1\",\"type\":\"message-start\",\"delta\":"
            + "{\"message\":{\"role\":\"assistant\",\"content\":[]}}}\n\n",
        "event: message-end\ndata: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":"
            + "\"COMPLETE\",\"usage\":{\"tokens\":{\"input_tokens\":7,\"output_tokens\":9}}}}\n\n"
            + "data: [DONE]\n\n",
        (body, delta) ->
            Corpora.write(
                body,
                "event: content-delta\ndata: {\"type\":\"content-delta\",\"index\":0,\"delta\":"
                    + "{\"message\":{\"content\":{\"text\":\""
                    + delta.json
                    + "\"}}}}\n\n"));
  }

  /** {@return messages of Bedrock's ConverseStream} */
  public static byte[] bedrock(int size) {
    byte[] start = message("messageStart", "{\"p\":\"abcd\",\"role\":\"assistant\"}");
    byte[] stop = message("messageStop", "{\"p\":\"abc\",\"stopReason\":\"end_turn\"}");
    byte[] middle =
        body(
            size,
            1,
            "",
            "",
            (body, delta) ->
                body.writeBytes(
                    message(
                        "contentBlockDelta",
                        "{\"contentBlockIndex\":0,\"delta\":{\"text\":\""
                            + delta.json
                            + "\"},\"p\":\"abcdefghijkl\"}")));
    ByteArrayOutputStream body = new ByteArrayOutputStream(middle.length + 1024);
    body.writeBytes(start);
    body.writeBytes(middle);
    body.writeBytes(stop);
    return body.toByteArray();
  }

  private static byte[] message(String type, String json) {
    byte[] payload = json.getBytes(StandardCharsets.UTF_8);
    ByteBuffer headers = ByteBuffer.allocate(256);
    header(headers, ":event-type", type);
    header(headers, ":content-type", "application/json");
    header(headers, ":message-type", "event");
    ByteBuffer message = ByteBuffer.allocate(16 + headers.position() + payload.length);
    message.putInt(message.capacity()).putInt(headers.position());
    message.putInt(checksum(message.array(), message.position()));
    message.put(headers.flip()).put(payload);
    return message.putInt(checksum(message.array(), message.position())).array();
  }

  private static void header(ByteBuffer to, String name, String value) {
    to.put((byte) name.length()).put(name.getBytes(StandardCharsets.US_ASCII));
    to.put((byte) 7).putShort((short) value.length());
    to.put(value.getBytes(StandardCharsets.US_ASCII));
  }

  private static int checksum(byte[] bytes, int length) {
    CRC32 crc = new CRC32();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }
}
