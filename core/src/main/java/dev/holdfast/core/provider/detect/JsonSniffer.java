package dev.holdfast.core.provider.detect;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.detect.DialectDetector.Detection;
import dev.holdfast.core.provider.errors.ErrorValues;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a body that begins with a JSON value proves about its sender: lines of JSON, an array, or
 * one document in place of a stream.
 */
final class JsonSniffer {
  private static final Set<String> OF_GEMINI =
      Set.of("candidates", "promptFeedback", "usageMetadata", "response", "error");

  private JsonSniffer() {}

  /** {@return the protocol of a body that begins with an array} */
  static Detection array(String text) {
    int first = 1;
    while (first < text.length() && " \n\r\t".indexOf(text.charAt(first)) >= 0) {
      first++;
    }
    if (first < text.length() && text.charAt(first) == '{') {
      var members = SseSniffer.object(text.substring(first)).members().keySet();
      if (members.isEmpty()) {
        return new Detection("gemini-json-array", "assumed: a JSON array");
      }
      return members.stream().anyMatch(OF_GEMINI::contains)
          ? new Detection("gemini-json-array", "a JSON array")
          : unknown(
              "an array of objects with a member named "
                  + ErrorValues.cap(members.iterator().next(), 64));
    }
    boolean open = first == text.length() || text.charAt(first) == ']';
    return open
        ? new Detection("gemini-json-array", "assumed: a JSON array")
        : unknown("an array of values that are no objects");
  }

  /** {@return the protocol of a body that begins with an object} */
  static Detection object(String text, String media) {
    int end = text.indexOf('\n');
    String line = end < 0 ? text : text.substring(0, end);
    boolean lineIsWhole = Json.isValid(line);
    var json = SseSniffer.object(lineIsWhole ? line : text);
    var whole = whole(json);
    if (whole != null) {
      return whole; // It may have the date that lines of Ollama have.
    }
    boolean lines = json.get("created_at") != null || json.get("done") != null;
    if (lines && json.get("message") != null) {
      return new Detection("ollama-chat", "a line with a member named message");
    }
    if (lines && json.get("response") != null) {
      return new Detection("ollama-generate", "a line with a member named response");
    }
    boolean ndjson = media.equals("application/x-ndjson") || media.equals("application/jsonl");
    if (lines || (ndjson && json.get("error") != null)) {
      return new Detection("ollama-chat", "assumed: lines of JSON");
    }
    if (SseSniffer.isOfGoogle(json.object("error"))) {
      return new Detection("gemini-sse", "an error document as Google writes it");
    }
    var detected = SseSniffer.sniff(json, "");
    if (detected != null) {
      return detected.detection();
    }
    if (json.members().isEmpty() || !(lineIsWhole || Json.isValid(text))) {
      return ndjson
          ? new Detection("ollama-chat", "assumed: lines of JSON")
          : new Detection("openai-chat", "assumed: a JSON document without a mark of its own");
    }
    String name = SseSniffer.nameOf(json);
    return unknown(
        name.isEmpty()
            ? "an object with a member named "
                + ErrorValues.cap(json.members().keySet().iterator().next(), 64)
            : name);
  }

  /** {@return the protocol of a body whose first line is a whole object; null before that} */
  static @Nullable Detection ofFirstLine(String text, String media) {
    int end = text.indexOf('\n');
    return end >= 0 && Json.isValid(text.substring(0, end)) ? object(text, media) : null;
  }

  /** {@return the protocol of an answer that came as one document, or null if it is none} */
  private static @Nullable Detection whole(Json.Obj json) {
    if (json.text("type").equals("message") && json.array("content") != null) {
      return new Detection("anthropic-messages", "a message as one document");
    }
    if (json.text("object").equals("response") && json.array("output") != null) {
      return new Detection("openai-responses", "a response as one document");
    }
    boolean steps = json.array("steps") != null || json.array("outputs") != null;
    return steps && !json.text("id").isEmpty() && !json.text("status").isEmpty()
        ? new Detection("gemini-interactions", "an interaction as one document")
        : null;
  }

  private static Detection unknown(String what) {
    return new Detection(DialectDetector.UNKNOWN, what + ", which no known protocol has");
  }
}
