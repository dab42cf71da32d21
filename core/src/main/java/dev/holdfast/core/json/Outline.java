package dev.holdfast.core.json;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads which members an object has, as far as its text goes. */
public final class Outline {
  private final String text;
  private int at;

  private Outline(String text) {
    this.text = text;
  }

  /**
   * {@return the object's members up to where its text is cut or broken: strings as they are
   * written, escapes and all; nested values empty; other values {@code true}}
   */
  public static Json.Obj of(String text) {
    var members = new LinkedHashMap<String, Json>();
    new Outline(text).read(members);
    return new Json.Obj(members);
  }

  private void read(Map<String, Json> members) {
    skipTo("{");
    at++;
    while (true) {
      skipTo("\"}");
      if (at >= text.length() || text.charAt(at) == '}') {
        return;
      }
      String name = string();
      skipTo(":");
      at++;
      while (at < text.length() && text.charAt(at) <= ' ') {
        at++;
      }
      if (at >= text.length()) {
        return;
      }
      switch (text.charAt(at)) {
        case '"' -> members.put(name, new Json.Str(string()));
        case '{' -> {
          members.put(name, new Json.Obj(Map.of()));
          skipNested();
        }
        case '[' -> {
          members.put(name, new Json.Arr(List.of()));
          skipNested();
        }
        default -> {
          members.put(name, new Json.Bool(true));
          skipTo(",}");
        }
      }
    }
  }

  private void skipTo(String any) {
    while (at < text.length() && any.indexOf(text.charAt(at)) < 0) {
      at++;
    }
  }

  /** {@return the string that begins here, or what there is of it} */
  private String string() {
    int from = ++at;
    while (at < text.length() && text.charAt(at) != '"') {
      at += text.charAt(at) == '\\' ? 2 : 1;
    }
    int to = Math.min(at, text.length());
    at = to + 1;
    return text.substring(from, to);
  }

  private void skipNested() {
    int depth = 0;
    while (at < text.length()) {
      switch (text.charAt(at)) {
        case '"' -> {
          string();
          continue;
        }
        case '{', '[' -> depth++;
        case '}', ']' -> depth--;
        default -> {}
      }
      at++;
      if (depth == 0) {
        return;
      }
    }
  }
}
