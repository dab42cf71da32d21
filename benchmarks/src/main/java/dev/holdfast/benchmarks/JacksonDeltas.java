package dev.holdfast.benchmarks;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Text and finish reason out of a payload, with Jackson's streaming parser: what a careful Java
 * programmer would write for speed. Reads each payload to its end.
 */
abstract class JacksonDeltas {
  private final JsonFactory factory = new JsonFactory();
  private long events;
  private long sum;

  /** Of an OpenAI chat completion chunk. */
  static JacksonDeltas openAiChat() {
    return ofMembers("content", "finish_reason");
  }

  /** Of an Anthropic message event. */
  static JacksonDeltas anthropicMessages() {
    return ofMembers("text", "stop_reason");
  }

  /** Of an OpenAI Responses event. */
  static JacksonDeltas openAiResponses() {
    return new JacksonDeltas() {
      @Override
      void read(String data) throws IOException {
        // The response's own status, not that of an item, ends the answer.
        readMembers(data, "delta", data.contains("\"response.completed\"") ? "status" : "");
      }
    };
  }

  /** Of an event of Gemini's Interactions. */
  static JacksonDeltas geminiInteractions() {
    return new JacksonDeltas() {
      @Override
      void read(String data) throws IOException {
        if (!data.equals("[DONE]")) {
          // The interaction's own status ends the answer, not the first one that it has.
          readMembers(data, "text", data.contains("\"interaction.completed\"") ? "status" : "");
        }
      }
    };
  }

  /** Of a payload with one member for the text and one for the finish. */
  static JacksonDeltas ofMembers(String textName, String finishName) {
    return new JacksonDeltas() {
      @Override
      void read(String data) throws IOException {
        if (!data.equals("[DONE]")) {
          readMembers(data, textName, finishName);
        }
      }
    };
  }

  /** Reads one event's data. */
  abstract void read(String data) throws IOException;

  final void readMembers(String data, String textName, String finishName) throws IOException {
    try (JsonParser parser = factory.createParser(ObjectReadContext.empty(), data)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token != JsonToken.PROPERTY_NAME) {
          continue;
        }
        String name = parser.currentName();
        if (name.equals(textName) && parser.nextToken() == JsonToken.VALUE_STRING) {
          text(parser.getString());
        } else if (name.equals(finishName) && parser.nextToken() == JsonToken.VALUE_STRING) {
          finish(parser.getString());
        }
      }
    }
  }

  final void text(@Nullable String text) {
    if (text != null && !text.isEmpty()) {
      events++;
      sum += text.length() + text.charAt(0);
    }
  }

  final void finish(String reason) {
    sum += Task.FINISH;
    if (reason.isEmpty()) {
      throw new IllegalStateException("finish: must not be empty");
    }
  }

  final void reset() {
    events = 0;
    sum = 0;
  }

  final Task.Found found() {
    return new Task.Found(events, sum);
  }
}
