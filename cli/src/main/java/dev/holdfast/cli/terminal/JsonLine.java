package dev.holdfast.cli.terminal;

import org.jspecify.annotations.Nullable;

/**
 * One JSON object on one line, members in the order they were added. Characters that could steer a
 * terminal are escaped, which a JSON reader undoes, so a line may be shown as it is.
 */
public final class JsonLine {
  private final StringBuilder json = new StringBuilder("{");

  /** {@return a line whose first member names its subject} */
  public static JsonLine of(String event) {
    return new JsonLine().with("event", event);
  }

  public JsonLine with(String name, @Nullable String text) {
    member(name);
    if (text == null) {
      json.append("null");
    } else {
      string(text);
    }
    return this;
  }

  public JsonLine with(String name, long number) {
    member(name).append(number);
    return this;
  }

  public JsonLine with(String name, boolean truth) {
    member(name).append(truth);
    return this;
  }

  /** Adds a member whose value is {@code line}. */
  public JsonLine with(String name, JsonLine line) {
    member(name).append(line);
    return this;
  }

  /** Adds an array of strings. */
  public JsonLine with(String name, Iterable<String> texts) {
    member(name).append('[');
    for (String text : texts) {
      separate('[');
      string(text);
    }
    json.append(']');
    return this;
  }

  /** Adds an array of objects. */
  public JsonLine withAll(String name, Iterable<JsonLine> lines) {
    member(name).append('[');
    for (JsonLine line : lines) {
      separate('[');
      json.append(line);
    }
    json.append(']');
    return this;
  }

  /** {@return the same JSON with everything that could steer a terminal escaped} */
  public static String escaped(String json) {
    if (json.codePoints().noneMatch(SafeText::isHazard)) {
      return json;
    }
    var escaped = new StringBuilder(json.length());
    json.codePoints()
        .forEach(point -> {
          if (SafeText.isHazard(point)) {
            escape(escaped, point);
          } else {
            escaped.appendCodePoint(point);
          }
        });
    return escaped.toString();
  }

  private static void escape(StringBuilder out, int point) {
    for (char unit : Character.toChars(point)) {
      out.append(String.format("\\u%04x", (int) unit));
    }
  }

  private StringBuilder member(String name) {
    separate('{');
    string(name);
    return json.append(':');
  }

  private void separate(char opening) {
    if (json.charAt(json.length() - 1) != opening) {
      json.append(',');
    }
  }

  private void string(String text) {
    json.append('"');
    text.codePoints().forEach(this::character);
    json.append('"');
  }

  private void character(int point) {
    switch (point) {
      case '"' -> json.append("\\\"");
      case '\\' -> json.append("\\\\");
      case '\n' -> json.append("\\n");
      case '\r' -> json.append("\\r");
      case '\t' -> json.append("\\t");
      default -> {
        if (SafeText.isHazard(point)) {
          escape(json, point);
        } else {
          json.appendCodePoint(point);
        }
      }
    }
  }

  @Override
  public String toString() {
    return json + "}";
  }
}
