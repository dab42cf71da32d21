package dev.holdfast.core.frame;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Reads the shared corpus, one JSON object per line, where it is present; nulls are left out. */
final class Conformance {
  private Conformance() {}

  /** Skips the calling test, with a message, where the corpus is absent. */
  static List<Map<String, Object>> lines(String name) throws IOException {
    Path file = shared().resolve("conformance").resolve(name);
    assumeTrue(Files.isRegularFile(file), "no corpus at " + file);
    List<Map<String, Object>> objects = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      if (!line.isBlank()) {
        try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), line)) {
          parser.nextToken();
          objects.add(members(parser));
        }
      }
    }
    return objects;
  }

  private static Path shared() {
    String named = System.getProperty("holdfast.shared", System.getenv("HOLDFAST_SHARED"));
    return named != null
        ? Path.of(named)
        : Path.of(System.getProperty("holdfast.root", "..")).resolve("../shared").normalize();
  }

  private static Object value(JsonParser parser) {
    return switch (parser.currentToken()) {
      case START_OBJECT -> members(parser);
      case START_ARRAY -> {
        List<Object> list = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          list.add(value(parser));
        }
        yield list;
      }
      case VALUE_STRING -> parser.getString();
      case VALUE_NUMBER_INT -> parser.getLongValue();
      default -> throw new IllegalStateException("unexpected " + parser.currentToken());
    };
  }

  private static Map<String, Object> members(JsonParser parser) {
    Map<String, Object> members = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      if (parser.nextToken() != JsonToken.VALUE_NULL) {
        members.put(name, value(parser));
      }
    }
    return members;
  }

  @SuppressWarnings("unchecked")
  static List<Map<String, Object>> objects(@Nullable Object list) {
    return list == null ? List.of() : (List<Map<String, Object>>) list;
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> object(@Nullable Object object) {
    return object == null ? Map.of() : (Map<String, Object>) object;
  }

  @SuppressWarnings("unchecked")
  static <T> List<T> list(@Nullable Object list) {
    return list == null ? List.of() : (List<T>) list;
  }

  static String text(Map<String, Object> members, String name) {
    Object text = members.get(name);
    if (!(text instanceof String string)) {
      throw new IllegalArgumentException(name + ": must be a string, was " + text);
    }
    return string;
  }
}
