package dev.holdfast.core.provider.errors;

import dev.holdfast.core.stream.ResponseHead;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * How a self-hosted server names itself in its answers. Only marks that no text of a model can
 * imitate: a quotation mark within a JSON string is escaped.
 *
 * <p>Sources: llama.cpp {@code tools/server/server-http.cpp}, Ollama {@code openai/openai.go}, vLLM
 * {@code entrypoints/openai/protocol.py}, SGLang {@code srt/entrypoints/openai/protocol.py}.
 */
public final class ServerMarks {
  /** Members, as servers write them with and without a space. */
  private static final Map<String, String> MEMBERS =
      Map.of(
          "\"system_fingerprint\":\"fp_ollama\"", "ollama",
          "\"system_fingerprint\": \"fp_ollama\"", "ollama",
          "\"matched_stop\":", "sglang",
          "\"prompt_token_ids\":", "vllm");

  private static final String FINGERPRINT = "\"system_fingerprint\":";

  /** Compiled for the first answer with a fingerprint. */
  private static final class Fingerprints {
    /** llama.cpp's build number and commit: {@code b6407-5b4ebc5}. */
    static final Pattern BUILD =
        Pattern.compile("\"system_fingerprint\": ?\"b\\d{1,6}-[0-9a-f]{7,12}\"");
  }

  private ServerMarks() {}

  /** {@return whether a member's value begins as a build number does: most begin with fp} */
  private static boolean mayBeBuild(String data, int at) {
    return data.startsWith("\"b", at) || data.startsWith(" \"b", at);
  }

  /** {@return the name of the profile of the server that sends such a head; empty if unknown} */
  public static String of(ResponseHead head) {
    return head.header("server").startsWith("llama.cpp") ? "llama.cpp" : "";
  }

  /** {@return the same by the payload of an event; empty if it has no mark} */
  public static String of(String data) {
    for (var mark : MEMBERS.entrySet()) {
      if (data.contains(mark.getKey())) {
        return mark.getValue();
      }
    }
    for (int at = data.indexOf(FINGERPRINT); at >= 0; at = data.indexOf(FINGERPRINT, at + 1)) {
      if (mayBeBuild(data, at + FINGERPRINT.length())
          && Fingerprints.BUILD.matcher(data).region(at, data.length()).lookingAt()) {
        return "llama.cpp";
      }
    }
    return "";
  }
}
