package dev.holdfast.gateway.message;

import java.io.InputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * What the gateway must know of a request body, read without keeping any of it.
 *
 * @param stream whether it asks for a stream
 * @param model the model; empty if it names none
 * @param usageAsked whether a Chat client asked for the chunk with the tokens
 */
public record RequestFacts(boolean stream, String model, boolean usageAsked) {
  /** Reads bodies of any size, which the gateway has limited before. */
  static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(512)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNumberLength(1_000)
                  .build())
          .build();

  /**
   * {@return the facts of a body; null if it is not a JSON object} Of doubled members, the last.
   *
   * @param streamsByDefault what a body asks for that has no such member
   */
  public static @Nullable RequestFacts of(InputStream body, boolean streamsByDefault) {
    boolean stream = streamsByDefault;
    String model = "";
    boolean usage = false;
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), body)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return null;
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        switch (name) {
          case "stream" -> stream = value == JsonToken.VALUE_TRUE;
          case "model" -> model = value == JsonToken.VALUE_STRING ? parser.getString() : "";
          case "stream_options" -> usage = usageAsked(parser, value);
          default -> parser.skipChildren();
        }
      }
      // Anything after the document makes it another one.
      return parser.currentToken() == JsonToken.END_OBJECT && parser.nextToken() == null
          ? new RequestFacts(stream, model, usage)
          : null;
    } catch (JacksonException e) {
      return null;
    }
  }

  private static boolean usageAsked(JsonParser parser, JsonToken value) {
    if (value != JsonToken.START_OBJECT) {
      parser.skipChildren();
      return false;
    }
    boolean asked = false;
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      boolean named = parser.currentName().equals("include_usage");
      JsonToken member = parser.nextToken();
      asked = named ? member == JsonToken.VALUE_TRUE : asked;
      parser.skipChildren();
    }
    return asked;
  }
}
