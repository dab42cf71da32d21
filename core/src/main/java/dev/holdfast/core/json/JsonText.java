package dev.holdfast.core.json;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;

/** Text to {@link Json} and back. Bounded: depth, number length and token count have limits. */
public final class JsonText {
  /** Deeper nesting than any provider sends; each level costs a stack frame here. */
  static final int MAX_DEPTH = 256;

  /** Bounds the tree of one value to some megabytes; real frames have a few thousand at most. */
  static final int MAX_TOKENS = 300_000;

  public static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxTokenCount(MAX_TOKENS)
                  .maxNumberLength(1000)
                  .build())
          .build();

  private static final String HEX = "0123456789abcdef";

  private JsonText() {}

  /**
   * {@return the text as UTF-8} A lone surrogate becomes its JSON escape: UTF-8 has no spelling for
   * it, and outside of a string it is malformed either way.
   */
  public static byte[] bytes(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (isHalf(text, i)) {
        return escapedSurrogates(text).getBytes(StandardCharsets.UTF_8);
      }
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String escapedSurrogates(String text) {
    var out = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      appendChar(text, i, out);
    }
    return out.toString();
  }

  static Json one(byte[] bytes, int offset, int length) throws Json.MalformedException {
    var all = all(bytes, offset, length);
    if (all.size() != 1) {
      throw new Json.MalformedException(
          "JSON: must be one value, was %d".formatted(all.size()), length, false);
    }
    return all.getFirst();
  }

  static List<Json> all(byte[] bytes, int offset, int length) throws Json.MalformedException {
    return read(bytes, offset, length).values();
  }

  /**
   * What some bytes hold.
   *
   * @param values one after another
   * @param repeats whether some object names a member twice
   */
  public record Reading(List<Json> values, boolean repeats) {}

  public static Reading read(byte[] bytes, int offset, int length) throws Json.MalformedException {
    try (var parser = FACTORY.createParser(ObjectReadContext.empty(), bytes, offset, length)) {
      var tree = new Tree(parser);
      var values = new ArrayList<Json>(1);
      for (var token = parser.nextToken(); token != null; token = parser.nextToken()) {
        values.add(tree.value(token));
      }
      return new Reading(values, tree.repeats);
    } catch (JacksonException e) {
      // Jackson's own message may quote the input, which may be a prompt.
      long at = e.getLocation() == null ? -1 : e.getLocation().getByteOffset();
      boolean limit = e instanceof StreamConstraintsException;
      throw new Json.MalformedException(
          limit
              ? "JSON: must stay within %d levels and %d tokens, was broken at byte %d"
                  .formatted(MAX_DEPTH, MAX_TOKENS, at)
              : "JSON: must be well-formed, was broken at byte %d of %d".formatted(at, length),
          at,
          limit);
    }
  }

  /** Builds values from tokens. */
  private static final class Tree {
    private final JsonParser parser;
    private boolean repeats;

    Tree(JsonParser parser) {
      this.parser = parser;
    }

    Json value(@Nullable JsonToken token) {
      if (token == null) {
        throw new IllegalStateException("no token");
      }
      return switch (token) {
        case START_OBJECT -> object();
        case START_ARRAY -> array();
        case VALUE_STRING -> new Json.Str(parser.getString());
        case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Json.Num(parser.getString());
        case VALUE_TRUE -> new Json.Bool(true);
        case VALUE_FALSE -> new Json.Bool(false);
        case VALUE_NULL -> Json.Null.VALUE;
        // Jackson throws before it would hand one of these out of place.
        case NOT_AVAILABLE, END_OBJECT, END_ARRAY, PROPERTY_NAME, VALUE_EMBEDDED_OBJECT ->
            throw new IllegalStateException("token out of place: " + token);
      };
    }

    private Json object() {
      var members = new LinkedHashMap<String, Json>();
      for (var name = parser.nextName(); name != null; name = parser.nextName()) {
        repeats |= members.put(name, value(parser.nextToken())) != null;
      }
      return new Json.Obj(members);
    }

    private Json array() {
      var items = new ArrayList<Json>();
      for (var token = parser.nextToken();
          token != JsonToken.END_ARRAY;
          token = parser.nextToken()) {
        items.add(value(token));
      }
      return new Json.Arr(items);
    }
  }

  static void write(Json json, StringBuilder out) {
    switch (json) {
      case Json.Obj(var members) -> {
        out.append('{');
        String comma = "";
        for (var member : members.entrySet()) {
          out.append(comma);
          string(member.getKey(), out);
          out.append(':');
          write(member.getValue(), out);
          comma = ",";
        }
        out.append('}');
      }
      case Json.Arr(var items) -> {
        out.append('[');
        String comma = "";
        for (var item : items) {
          out.append(comma);
          write(item, out);
          comma = ",";
        }
        out.append(']');
      }
      case Json.Str(String value) -> string(value, out);
      case Json.Num(String text) -> out.append(text);
      case Json.Bool(boolean value) -> out.append(value);
      case Json.Null() -> out.append("null");
    }
  }

  private static void string(String value, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < 0x20 || endsLines(c)) {
            escape(c, out);
          } else {
            appendChar(value, i, out);
          }
        }
      }
    }
    out.append('"');
  }

  /** Many readers of JSON lines split at these too, though only LF ends a line of JSON lines. */
  private static boolean endsLines(char c) {
    return c == '\u0085' || c == '\u2028' || c == '\u2029';
  }

  /** Appends one char, escaped if it is half a pair. */
  private static void appendChar(String text, int i, StringBuilder out) {
    if (isHalf(text, i)) {
      escape(text.charAt(i), out);
    } else {
      out.append(text.charAt(i));
    }
  }

  /** {@return whether the char at {@code i} is a surrogate without its other half} */
  private static boolean isHalf(String text, int i) {
    char c = text.charAt(i);
    if (!Character.isSurrogate(c)) {
      return false;
    }
    return Character.isHighSurrogate(c)
        ? i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1))
        : i == 0 || !Character.isHighSurrogate(text.charAt(i - 1));
  }

  private static void escape(char c, StringBuilder out) {
    out.append("\\u")
        .append(HEX.charAt(c >> 12))
        .append(HEX.charAt(c >> 8 & 15))
        .append(HEX.charAt(c >> 4 & 15))
        .append(HEX.charAt(c & 15));
  }
}
