package dev.holdfast.core.tools;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/**
 * Objects in sequence, each containing the one before it. Sent by servers that parse unfinished
 * arguments and write them anew with every piece. A member may be added, a text or a list may be
 * longer; nothing else may differ.
 */
final class GrowingObjects {
  /** A string of JSON; numbers and words are kept as they are written. */
  private record Text(String value) {}

  private GrowingObjects() {}

  /**
   * {@return whether {@code joined} is so many objects, each of which contains the one before it}
   *
   * @param joined valid JSON values, one after another
   * @param count how many, at least 2
   */
  static boolean is(String joined, int count) {
    Object before = null;
    int values = 0;
    try (var parser = ArgumentShape.FACTORY.createParser(ObjectReadContext.empty(), joined)) {
      for (var token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token != JsonToken.START_OBJECT || ++values > count) {
          return false;
        }
        Object next = object(parser);
        if (next == null || (before != null && !contains(next, before))) {
          return false;
        }
        before = next;
      }
    } catch (JacksonException e) {
      return false;
    }
    return values == count && count > 1;
  }

  private static boolean contains(Object next, Object before) {
    if (next instanceof Map<?, ?> more && before instanceof Map<?, ?> some) {
      for (var member : some.entrySet()) {
        Object value = more.get(member.getKey());
        if (value == null || !contains(value, member.getValue())) {
          return false;
        }
      }
      return true;
    }
    if (next instanceof List<?> more && before instanceof List<?> some) {
      int last = some.size() - 1;
      return some.isEmpty()
          || (more.size() > last
              && more.subList(0, last).equals(some.subList(0, last))
              && contains(more.get(last), some.get(last)));
    }
    if (next instanceof Text(String more) && before instanceof Text(String some)) {
      return more.startsWith(some);
    }
    return next.equals(before);
  }

  /** {@return the object that the parser is at, or null if it has a member twice} */
  private static @Nullable Map<String, Object> object(JsonParser parser) {
    var members = new LinkedHashMap<String, Object>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      Object value = value(parser, parser.nextToken());
      if (value == null || members.put(name, value) != null) {
        return null;
      }
    }
    return members;
  }

  private static @Nullable Object value(JsonParser parser, JsonToken token) {
    return switch (token) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> {
        var items = new ArrayList<Object>();
        for (var item = parser.nextToken();
            item != JsonToken.END_ARRAY;
            item = parser.nextToken()) {
          Object value = value(parser, item);
          if (value == null) {
            yield null;
          }
          items.add(value);
        }
        yield items;
      }
      case VALUE_STRING -> new Text(parser.getString());
      default -> parser.getString();
    };
  }
}
