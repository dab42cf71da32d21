package dev.holdfast.benchmarks.corpus;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/**
 * Synthetic bodies shaped like what providers send, each one long answer. Seeded: every run, and
 * every peer, reads the same bytes.
 */
public final class Corpora {
  static final int SEED = 20_261_120;

  /** About one in twenty-five is not ASCII or needs an escape, as in real English answers. */
  private static final String[] TOKENS = {
    " the",
    " of",
    " and",
    " stream",
    " answer",
    " model",
    " token",
    " is",
    " a",
    " to",
    " in",
    " that",
    ".",
    ",",
    " it",
    " for",
    " with",
    " as",
    " retry",
    " connection",
    " network",
    " proof",
    " Hold",
    "fast",
    " keeps",
    " whole",
    " bytes",
    " frames",
    " client",
    " server",
    " can",
    " be",
    " or",
    " by",
    " this",
    " which",
    " one",
    " after",
    " before",
    " time",
    " reader",
    " writer",
    " event",
    " line",
    " space",
    " end",
    " first",
    " last",
    "\\n\\n",
    "…",
    " \\\"quoted\\\"",
    "é"
  };

  private static final String LETTERS =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

  private Corpora() {}

  /** {@return OpenAI chat completion chunks, about 324 bytes an event, at least {@code size}} */
  public static byte[] openAiChat(int size) {
    Random random = new Random(SEED);
    ByteArrayOutputStream body = new ByteArrayOutputStream(size + 4096);
    chatChunk(body, "{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}", "null", "abc");
    while (body.size() < size) {
      String token = TOKENS[random.nextInt(TOKENS.length)];
      // The provider pads every event to about the same length.
      String padding = letters(random, Math.max(0, 14 - token.length()));
      chatChunk(body, "{\"content\":\"" + token + "\"}", "null", padding);
    }
    chatChunk(body, "{}", "\"stop\"", "xyzw");
    write(body, "data: [DONE]\n\n");
    return body.toByteArray();
  }

  private static void chatChunk(
      ByteArrayOutputStream body, String delta, String finish, String padding) {
    write(
        body,
        "data: {\"id\":\"chatcmpl-CQ7vJmYx2hTzKe9RbWq4NdUoLs0Fp\",\"object\":"
            + "\"chat.completion.chunk\",\"created\":1763640000,\"model\":\"gpt-4o-2024-08-06\","
            + "\"service_tier\":\"default\",\"system_fingerprint\":\"fp_a1b2c3d4e5\","
            + "\"choices\":[{\"index\":0,\"delta\":"
            + delta
            + ",\"logprobs\":null,\"finish_reason\":"
            + finish
            + "}],\"usage\":null,\"obfuscation\":\""
            + padding
            + "\"}\n\n");
  }

  /** {@return Anthropic message events, about 131 bytes an event, at least {@code size}} */
  public static byte[] anthropicMessages(int size) {
    Random random = new Random(SEED);
    ByteArrayOutputStream body = new ByteArrayOutputStream(size + 4096);
    write(
        body,
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_01Synth\","
            + "\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-sonnet-4-5\","
            + "\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,"
            + "\"usage\":{\"input_tokens\":25,\"output_tokens\":1}}}\n\n"
            + "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
            + "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
            + "event: ping\ndata: {\"type\": \"ping\"}\n\n");
    while (body.size() < size) {
      String token = TOKENS[random.nextInt(TOKENS.length)];
      write(
          body,
          "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
              + "\"delta\":{\"type\":\"text_delta\",\"text\":\""
              + token
              + "\"}"
              + " ".repeat(Math.max(0, 12 - token.length()))
              + "}\n\n");
    }
    write(
        body,
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
            + "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":"
            + "{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},"
            + "\"usage\":{\"output_tokens\":15}}\n\n"
            + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    return body.toByteArray();
  }

  /** {@return one event with {@code size} bytes of data, like an image or a long tool argument} */
  public static byte[] bigEvent(int size) {
    byte[] body = new byte[size + "data: \n\n".length()];
    byte[] prefix = "data: ".getBytes(StandardCharsets.US_ASCII);
    java.util.Arrays.fill(body, (byte) 'A');
    System.arraycopy(prefix, 0, body, 0, prefix.length);
    body[body.length - 2] = '\n';
    body[body.length - 1] = '\n';
    return body;
  }

  private static String letters(Random random, int count) {
    StringBuilder letters = new StringBuilder(count);
    for (int i = 0; i < count; i++) {
      letters.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return letters.toString();
  }

  /** {@return a piece of text, as JSON spells it} */
  static String token(Random random) {
    return TOKENS[random.nextInt(TOKENS.length)];
  }

  public static void write(ByteArrayOutputStream body, String text) {
    body.writeBytes(text.getBytes(StandardCharsets.UTF_8));
  }
}
