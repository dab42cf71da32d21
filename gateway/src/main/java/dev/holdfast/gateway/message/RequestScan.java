package dev.holdfast.gateway.message;

import dev.holdfast.gateway.route.SessionHash;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.io.JsonStringEncoder;

/**
 * What routes and quotas need of a request body beyond {@link RequestFacts}. It keeps hashes, and
 * no text of a prompt. Source: the providers' API references.
 */
public final class RequestScan {
  /** Members whose text only the provider that wrote it can read. */
  private static final Set<String> BOUND =
      Set.of(
          "signature",
          "thoughtSignature",
          "thought_signature",
          "encrypted_content",
          "previous_response_id",
          "conversation",
          "container",
          "container_id",
          "cachedContent",
          "cached_content",
          "file_id",
          "fileUri",
          "file_uri");

  /** Types of items that are bound, wherever their own members have other names. */
  private static final Set<String> BOUND_TYPES =
      Set.of("redacted_thinking", "reasoning", "reasoning.encrypted", "item_reference");

  /** Members that hold the caller's own data, in which the names above mean nothing. */
  private static final Set<String> FOREIGN =
      Set.of("input_schema", "parameters", "args", "arguments", "properties", "schema");

  private static final Set<String> SESSIONS = Set.of("prompt_cache_key", "user");
  private static final Set<String> SYSTEMS =
      Set.of("system", "instructions", "systemInstruction", "system_instruction");
  private static final Set<String> MESSAGES = Set.of("messages", "input", "contents");
  private static final Set<String> MAX_OUTPUT =
      Set.of(
          "max_tokens",
          "max_completion_tokens",
          "max_output_tokens",
          "maxOutputTokens",
          "num_predict");

  private static final int MAX_STATES = 256;

  /** Longer strings without a space are media; each counts as so many bytes of text. */
  private static final int MEDIA_CHARS = 8_192;

  private static final int MEDIA_BYTES = 6_000;

  private final byte[] body;
  private final List<Long> states = new ArrayList<>();
  private @Nullable String session;
  private long opening;
  private boolean opened;
  private int modelStart = -1;
  private int modelEnd = -1;
  private int models;
  private long maxOutput = -1;
  private long mediaBytes;

  private RequestScan(byte[] body) {
    this.body = body;
  }

  /** {@return the scan of a body; null if it is not a JSON object} */
  public static @Nullable RequestScan of(byte[] body) {
    var scan = new RequestScan(body);
    try (JsonParser parser = RequestFacts.JSON.createParser(ObjectReadContext.empty(), body)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return null;
      }
      scan.root(parser);
      return parser.nextToken() == null ? scan : null;
    } catch (JacksonException e) {
      return null;
    }
  }

  private void root(JsonParser parser) {
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equalsIgnoreCase("model")) {
        model(parser, name, value); // Readers in Go ignore case.
      } else if (SESSIONS.contains(name) && value == JsonToken.VALUE_STRING) {
        // The cache key decides where both are there.
        session = name.equals("user") && session != null ? session : parser.getString();
      } else if (SYSTEMS.contains(name)) {
        slice(parser, value, 1);
      } else if (MESSAGES.contains(name) && value == JsonToken.START_ARRAY) {
        boolean first = true;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          if (first) {
            slice(parser, parser.currentToken(), 1);
            first = false;
          } else {
            any(parser, name, parser.currentToken(), 1);
          }
        }
      } else if (MESSAGES.contains(name)) {
        slice(parser, value, 1);
      } else {
        any(parser, name, value, 0);
      }
    }
  }

  private void model(JsonParser parser, String name, JsonToken value) {
    models++;
    if (name.equals("model") && value == JsonToken.VALUE_STRING) {
      modelStart = (int) parser.currentTokenLocation().getByteOffset();
      String unused = parser.getString(); // Reads it to its end.
      modelEnd = (int) parser.currentLocation().getByteOffset();
    } else {
      parser.skipChildren();
    }
  }

  /** Hashes a value as it was written, and searches it. */
  private void slice(JsonParser parser, JsonToken value, int depth) {
    int from = (int) parser.currentTokenLocation().getByteOffset();
    any(parser, "", value, depth);
    int to = (int) parser.currentLocation().getByteOffset();
    if (from >= 0 && to > from && to <= body.length) {
      opening = SessionHash.of(opening, body, from, to);
      opened = true;
    }
  }

  /** Reads a value to its end. */
  private void any(JsonParser parser, String name, JsonToken value, int depth) {
    boolean foreign = FOREIGN.contains(name) || (depth > 1 && name.equals("input"));
    switch (value) {
      case START_OBJECT -> {
        if (foreign) {
          parser.skipChildren();
        } else {
          while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String member = parser.currentName();
            JsonToken content = parser.nextToken();
            boolean id = BOUND.contains(name) && member.equals("id");
            any(parser, id ? name : member, content, depth + 1);
            if (name.equals("metadata") && member.equals("user_id") && session == null) {
              session = content == JsonToken.VALUE_STRING ? parser.getString() : null;
            }
          }
        }
      }
      case START_ARRAY -> {
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          any(parser, name, parser.currentToken(), depth + 1);
        }
      }
      case VALUE_STRING -> {
        String text = parser.getString();
        if (text.length() > MEDIA_CHARS && text.indexOf(' ') < 0) {
          mediaBytes += text.length() - MEDIA_BYTES;
        }
        boolean bound = BOUND.contains(name) || (name.equals("type") && BOUND_TYPES.contains(text));
        if (bound && !text.isEmpty()) {
          states.add(SessionHash.of(text));
          if (states.size() > MAX_STATES) {
            states.removeFirst();
          }
        }
      }
      case VALUE_NUMBER_INT -> {
        if (MAX_OUTPUT.contains(name) && parser.isExpectedNumberIntToken()) {
          maxOutput = Math.clamp(parser.getNumberValue().longValue(), 0, 1L << 40);
        }
      }
      default -> {}
    }
  }

  /** {@return hashes of state that only the provider which wrote it can read, in order} */
  public List<Long> states() {
    return states;
  }

  /** {@return how the body names its session; null if it does not} */
  public @Nullable String session() {
    return session;
  }

  /** {@return the hash of system prompt and first message; null where there are none} */
  public @Nullable Long opening() {
    return opened ? opening : null;
  }

  /** {@return the most tokens that the answer may have; -1 where the body does not limit it} */
  public long maxOutput() {
    return maxOutput;
  }

  /** {@return the length of the body, in which media count as much as they do for a model} */
  public long textBytes() {
    return Math.max(0, body.length - mediaBytes);
  }

  /** {@return whether two readers may take two models from it} */
  public boolean isAmbiguous() {
    return models > 1;
  }

  /**
   * {@return the body with another model in place of its own, all other bytes as they were; null
   * where it names none}
   */
  public byte @Nullable [] withModel(String model) {
    if (modelStart < 0 || modelEnd > body.length || modelEnd <= modelStart || models != 1) {
      return null;
    }
    byte[] name = quoted(model);
    byte[] changed = new byte[modelStart + name.length + body.length - modelEnd];
    System.arraycopy(body, 0, changed, 0, modelStart);
    System.arraycopy(name, 0, changed, modelStart, name.length);
    System.arraycopy(body, modelEnd, changed, modelStart + name.length, body.length - modelEnd);
    return changed;
  }

  private static byte[] quoted(String model) {
    byte[] inside = JsonStringEncoder.getInstance().quoteAsUTF8(model);
    byte[] quoted = new byte[inside.length + 2];
    quoted[0] = '"';
    System.arraycopy(inside, 0, quoted, 1, inside.length);
    quoted[quoted.length - 1] = '"';
    return quoted;
  }
}
