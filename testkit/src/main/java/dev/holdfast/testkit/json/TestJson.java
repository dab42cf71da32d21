package dev.holdfast.testkit.json;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;

/** JSON as a tree that remembers its lines, for request bodies and scenario files. */
public sealed interface TestJson {
  /** Thread-safe, and dear to make. */
  JsonFactory FACTORY = new JsonFactory();

  /** {@return the line the value begins on, from 1} */
  int line();

  /** An object; the last of duplicate members counts. */
  record Obj(Map<String, TestJson> members, int line) implements TestJson {}

  /** An array. */
  record Arr(List<TestJson> items, int line) implements TestJson {}

  /** A string. */
  record Str(String text, int line) implements TestJson {}

  /** A number, as written. */
  record Num(String text, int line) implements TestJson {}

  /** True or false. */
  record Bool(boolean on, int line) implements TestJson {}

  /** Null. */
  record Nil(int line) implements TestJson {}

  /** {@return the member of an object, or null if there is none or this is no object} */
  default @Nullable TestJson member(String name) {
    return this instanceof Obj(var members, var at) ? members.get(name) : null;
  }

  /** {@return the text of a string member, or {@code otherwise}} */
  default String text(String name, String otherwise) {
    return member(name) instanceof Str(var text, var at) ? text : otherwise;
  }

  /** {@return whether a member is {@code true}} */
  default boolean isTrue(String name) {
    return member(name) instanceof Bool(var on, var at) && on;
  }

  /** {@return the items of an array member; none if it is no array} */
  default List<TestJson> items(String name) {
    return member(name) instanceof Arr(var items, var at) ? items : List.of();
  }

  /** {@return the value on one line, strings quoted; for error messages} */
  default String shown() {
    return switch (this) {
      case Obj(var members, var at) -> "an object";
      case Arr(var items, var at) -> "an array";
      case Str(var text, var at) -> quote(text);
      case Num(var text, var at) -> text;
      case Bool(var on, var at) -> String.valueOf(on);
      case Nil(var at) -> "null";
    };
  }

  /**
   * {@return the one value of a JSON document}
   *
   * @throws JsonException if it is none
   */
  static TestJson parse(String document) {
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), document)) {
      JsonToken first = parser.nextToken();
      if (first == null) {
        throw new JsonException(1, "must hold a value");
      }
      TestJson tree = read(parser);
      if (parser.nextToken() != null) {
        throw new JsonException(line(parser), "must hold one value only");
      }
      return tree;
    } catch (StreamReadException e) {
      throw new JsonException(e.getLocation().getLineNr(), "must be valid JSON");
    } catch (JacksonException e) {
      throw new JsonException(1, "must be JSON within reasonable limits");
    }
  }

  private static TestJson read(JsonParser parser) {
    int line = line(parser);
    return switch (parser.currentToken()) {
      case START_OBJECT -> {
        var members = new LinkedHashMap<String, TestJson>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String name = parser.currentName();
          parser.nextToken();
          members.put(name, read(parser));
        }
        yield new Obj(members, line);
      }
      case START_ARRAY -> {
        var items = new ArrayList<TestJson>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          items.add(read(parser));
        }
        yield new Arr(items, line);
      }
      case VALUE_STRING -> new Str(parser.getString(), line);
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Num(parser.getString(), line);
      case VALUE_TRUE -> new Bool(true, line);
      case VALUE_FALSE -> new Bool(false, line);
      case VALUE_NULL -> new Nil(line);
      default -> throw new JsonException(line, "must be valid JSON");
    };
  }

  private static int line(JsonParser parser) {
    return Math.max(1, parser.currentTokenLocation().getLineNr());
  }

  /** {@return a JSON string literal; lone surrogates are escaped, everything else stays UTF-8} */
  static String quote(String text) {
    if (isPlain(text)) {
      return '"' + text + '"';
    }
    var out = new StringBuilder(text.length() + 16).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean pair =
          Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1));
      if (pair) {
        out.append(c).append(text.charAt(++i));
      } else if (c < ' ' || Character.isSurrogate(c)) {
        out.append(escape(c));
      } else if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }

  private static boolean isPlain(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c == '"' || c == '\\' || Character.isSurrogate(c)) {
        return false;
      }
    }
    return true;
  }

  private static String escape(char c) {
    return switch (c) {
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      default -> String.format("\\u%04x", (int) c);
    };
  }
}
