package dev.holdfast.cli.terminal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** The members of one flat JSON object: texts, numbers, truths and lists of texts. */
public final class JsonMembers {
  private static final JsonFactory FACTORY = new JsonFactory();

  private final Map<String, String> scalars = new HashMap<>();
  private final Map<String, List<String>> lists = new HashMap<>();

  private JsonMembers() {}

  /**
   * {@return the members of a line}
   *
   * @throws tools.jackson.core.JacksonException if it is no JSON
   */
  public static JsonMembers of(String line) {
    var members = new JsonMembers();
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), line)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        if (parser.nextToken() == JsonToken.START_ARRAY) {
          var texts = new ArrayList<String>();
          while (parser.nextToken() == JsonToken.VALUE_STRING) {
            texts.add(parser.getString());
          }
          members.lists.put(name, texts);
        } else {
          members.scalars.put(name, parser.getString());
        }
      }
    }
    return members;
  }

  public String text(String name, String otherwise) {
    return scalars.getOrDefault(name, otherwise);
  }

  /** {@return a number; {@link NumberFormatException} if it is none} */
  public long number(String name, long otherwise) {
    String text = scalars.get(name);
    return text == null ? otherwise : Long.parseLong(text);
  }

  public boolean truth(String name, boolean otherwise) {
    String text = scalars.get(name);
    return text == null ? otherwise : Boolean.parseBoolean(text);
  }

  public List<String> texts(String name) {
    return lists.getOrDefault(name, List.of());
  }
}
