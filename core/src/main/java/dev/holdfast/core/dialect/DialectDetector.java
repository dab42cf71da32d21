package dev.holdfast.core.dialect;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Tells which protocol a response body speaks, from its first bytes. Bytes that were fully read
 * decide; the media type only where they do not. Never throws on input.
 */
public final class DialectDetector {
  /** How many bytes of a body are looked at. */
  public static final int LOOK_AHEAD = 64 << 10;

  private static final String OPENAI_CHAT = "openai-chat";

  private DialectDetector() {}

  /**
   * Which protocol a body speaks.
   *
   * @param dialect its id, which may be of a protocol that is not in {@link Dialects}
   * @param reason what told, in a few words; begins with "assumed" where nothing did
   */
  public record Detection(String dialect, String reason) {}

  /**
   * {@return the protocol of a body}
   *
   * @param head the body's first bytes, of which at most {@link #LOOK_AHEAD} are looked at
   * @param mediaType the response's media type, or null or empty where it is unknown
   */
  public static Detection detect(byte[] head, @Nullable String mediaType) {
    byte[] bytes = Arrays.copyOf(head, Math.min(head.length, LOOK_AHEAD));
    String media = essence(mediaType);
    var binary = BinaryTells.of(bytes);
    if (binary != null) {
      return binary;
    }
    if (media.equals("application/vnd.amazon.eventstream")) {
      return new Detection("bedrock-converse", "assumed: the media type of an AWS event stream");
    }
    int start = firstVisible(bytes);
    if (start == bytes.length) {
      return new Detection(OPENAI_CHAT, "assumed: no frame tells");
    }
    if (bytes[start] == '[') {
      return new Detection("gemini-json-array", "a JSON array");
    }
    if (bytes[start] == '{') {
      return document(bytes, start, media);
    }
    return SseTells.of(bytes);
  }

  private static String essence(@Nullable String mediaType) {
    if (mediaType == null) {
      return "";
    }
    int parameters = mediaType.indexOf(';');
    return (parameters < 0 ? mediaType : mediaType.substring(0, parameters))
        .strip()
        .toLowerCase(Locale.ROOT);
  }

  /** {@return where the body begins to say something, behind a byte order mark and space} */
  private static int firstVisible(byte[] bytes) {
    boolean marked =
        bytes.length >= 3
            && bytes[0] == (byte) 0xEF
            && bytes[1] == (byte) 0xBB
            && bytes[2] == (byte) 0xBF;
    int at = marked ? 3 : 0;
    while (at < bytes.length
        && (bytes[at] == ' ' || bytes[at] == '\n' || bytes[at] == '\r' || bytes[at] == '\t')) {
      at++;
    }
    return at;
  }

  /** A body that begins with an object: a line of it, or a document where a stream was due. */
  private static Detection document(byte[] bytes, int start, String media) {
    var text = new String(bytes, start, bytes.length - start, StandardCharsets.UTF_8);
    int end = text.indexOf('\n');
    String line = end < 0 ? text : text.substring(0, end);
    var json = Json.isValid(line) ? SseTells.object(line) : SseTells.object(text);
    boolean lines = json.get("created_at") != null || json.get("done") != null;
    if (lines && json.get("message") != null) {
      return new Detection("ollama-chat", "a line with a member named message");
    }
    if (lines && json.get("response") != null) {
      return new Detection("ollama-generate", "a line with a member named response");
    }
    boolean ndjson = media.equals("application/x-ndjson") || media.equals("application/jsonl");
    if (lines || ndjson) {
      return new Detection("ollama-chat", "assumed: lines of JSON");
    }
    if (SseTells.isOfGoogle(json.object("error"))) {
      return new Detection("gemini-sse", "an error document as Google writes it");
    }
    var told = SseTells.tell(json, "");
    return told != null
        ? told.detection()
        : new Detection(OPENAI_CHAT, "assumed: a JSON document that does not tell");
  }
}
