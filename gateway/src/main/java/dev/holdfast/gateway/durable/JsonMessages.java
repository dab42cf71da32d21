package dev.holdfast.gateway.durable;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * The values of a JSON body: an array is several, everything else is one. They are kept as they
 * were written, numbers included, and stored with commas between them.
 */
final class JsonMessages {
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNumberLength(100_000)
                  .build())
          .build();

  private JsonMessages() {}

  /** {@return the values; null if it is not JSON in UTF-8} */
  static @Nullable List<String> values(ByteBuffer body) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(body.duplicate()).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
    text = text.startsWith("\uFEFF") ? text.substring(1) : text;
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), text)) {
      return values(parser, text);
    } catch (JacksonException e) {
      return null;
    }
  }

  private static @Nullable List<String> values(JsonParser parser, String text) {
    var values = new ArrayList<String>();
    var first = parser.nextToken();
    if (first == null) {
      return null;
    }
    if (first != JsonToken.START_ARRAY) {
      values.add(value(parser, text));
    } else {
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        values.add(value(parser, text));
      }
    }
    return parser.nextToken() == null ? values : null;
  }

  private static String value(JsonParser parser, String text) {
    int start = (int) parser.currentTokenLocation().getCharOffset();
    if (parser.currentToken().isStructStart()) {
      parser.skipChildren();
    } else if (parser.currentToken() == JsonToken.VALUE_STRING) {
      var unused = parser.getStringLength(); // Reads it to its end.
    } else {
      return parser.getString();
    }
    return text.substring(start, (int) parser.currentLocation().getCharOffset());
  }

  /** {@return values as they are stored} */
  static ByteBuffer join(List<String> values) {
    return ByteBuffer.wrap(String.join(",", values).getBytes(StandardCharsets.UTF_8));
  }

  /** {@return what is stored as an array} */
  static ByteBuffer array(List<ByteBuffer> stored) {
    var out = new ByteArrayOutputStream();
    out.write('[');
    boolean first = true;
    for (var values : stored) {
      if (!first) {
        out.write(',');
      }
      first = false;
      byte[] bytes = new byte[values.remaining()];
      values.duplicate().get(bytes);
      out.writeBytes(bytes);
    }
    out.write(']');
    return ByteBuffer.wrap(out.toByteArray());
  }
}
