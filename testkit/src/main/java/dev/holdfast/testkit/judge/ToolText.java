package dev.holdfast.testkit.judge;

import java.io.StringWriter;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Tool calls as clients write them, brought to one form. */
final class ToolText {
  private static final JsonFactory FACTORY = new JsonFactory();

  private ToolText() {}

  /** {@return a call in the one form} */
  static String canonical(String name, String arguments) {
    return name + " " + compact(arguments);
  }

  /**
   * {@return {@code {"name": .., "arguments": ..}} in the one form, or as it is if it cannot be}
   */
  static String canonical(String json) {
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), json)) {
      String name = "";
      String arguments = "";
      parser.nextToken();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String member = parser.currentName();
        JsonToken value = parser.nextToken();
        switch (member) {
          case "name" -> name = parser.getString();
          case "arguments" ->
              arguments = value == JsonToken.VALUE_STRING ? parser.getString() : copy(parser);
          default -> parser.skipChildren();
        }
      }
      return canonical(name, arguments);
    } catch (JacksonException e) {
      return json;
    }
  }

  private static String compact(String arguments) {
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), arguments)) {
      if (parser.nextToken() == null) {
        return arguments;
      }
      String copy = copy(parser);
      return parser.nextToken() == null ? copy : arguments;
    } catch (JacksonException e) {
      return arguments;
    }
  }

  private static String copy(JsonParser parser) {
    var text = new StringWriter();
    try (JsonGenerator generator = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
      generator.copyCurrentStructure(parser);
    }
    return text.toString();
  }
}
