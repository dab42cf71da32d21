package dev.holdfast.core.provider.detect;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Detects which protocol a response body speaks, from its first bytes. Bytes that were fully read
 * decide; the media type only where they do not. Never throws on input.
 */
public final class DialectDetector {
  /** How many bytes of a body are looked at. */
  public static final int LOOK_AHEAD = 64 << 10;

  /** The id of a detection where nothing in the body belongs to a protocol of {@code Dialects}. */
  public static final String UNKNOWN = "unknown";

  /** The marks that distinguish the protocols. */
  public static final String LOOKED_FOR =
      "choices (OpenAI), response.* (OpenAI Responses), message_start (Anthropic), candidates"
          + " (Gemini), interaction.* (Gemini Interactions), message-start (Cohere v2), done"
          + " (Ollama), stop (llama.cpp), token (TGI), output (DashScope), AWS frames (Bedrock)";

  private static final String OPENAI_CHAT = "openai-chat";

  private DialectDetector() {}

  /**
   * Which protocol a body speaks.
   *
   * @param dialect its id, or {@link #UNKNOWN}
   * @param reason what decided, in a few words; begins with "assumed" where nothing did
   */
  public record Detection(String dialect, String reason) {
    /** {@return whether nothing decided, so that the protocol is a guess} */
    public boolean isAssumed() {
      return reason.startsWith("assumed");
    }
  }

  /**
   * {@return the protocol of a body}
   *
   * @param head the body's first bytes, of which at most {@link #LOOK_AHEAD} are looked at
   * @param mediaType the response's media type, or null or empty where it is unknown
   */
  public static Detection detect(byte[] head, @Nullable String mediaType) {
    byte[] bytes = Arrays.copyOf(head, Math.min(head.length, LOOK_AHEAD));
    String media = essence(mediaType);
    var binary = BinarySniffer.of(bytes);
    if (binary != null) {
      return binary;
    }
    if (media.equals("application/vnd.amazon.eventstream")) {
      return new Detection("bedrock-converse", "assumed: the media type of an AWS event stream");
    }
    int start = firstVisible(bytes);
    if (start == bytes.length) {
      return new Detection(OPENAI_CHAT, "assumed: no frame shows it");
    }
    return switch (bytes[start]) {
      case '[' -> JsonSniffer.array(text(bytes, start));
      case '{' -> JsonSniffer.object(text(bytes, start), media);
      case '<' -> new Detection(UNKNOWN, "assumed: a web page, no stream of events");
      default -> SseSniffer.of(bytes);
    };
  }

  private static String text(byte[] bytes, int start) {
    return new String(bytes, start, bytes.length - start, StandardCharsets.UTF_8);
  }

  /**
   * {@return the protocol of a body, or null as long as more bytes of it may prove another} Asked
   * while a body is under way.
   *
   * @param head as for {@link #detect}
   */
  public static @Nullable Detection settled(byte[] head, @Nullable String mediaType) {
    byte[] bytes = Arrays.copyOf(head, Math.min(head.length, LOOK_AHEAD));
    if (bytes.length == LOOK_AHEAD) {
      return detect(bytes, mediaType);
    }
    var binary = BinarySniffer.of(bytes);
    if (binary != null) {
      return binary.reason().endsWith("without a type") ? null : binary;
    }
    int start = firstVisible(bytes);
    if (start == bytes.length || bytes[start] == '<') {
      return null;
    }
    var found =
        switch (bytes[start]) {
          case '[' -> JsonSniffer.array(text(bytes, start));
          case '{' -> JsonSniffer.ofFirstLine(text(bytes, start), essence(mediaType));
          default -> SseSniffer.sureOf(bytes);
        };
    return found == null || found.isAssumed() || found.dialect().equals(UNKNOWN) ? null : found;
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

  /** {@return where the body's content begins, after a byte order mark and space} */
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
}
