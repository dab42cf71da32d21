package dev.holdfast.core.json;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The members of an object that is being written, in their order. Not thread-safe. */
public final class Members {
  private final Map<String, Json> members = new LinkedHashMap<>();

  public static Members of(String name, String value) {
    return new Members().text(name, value);
  }

  public Members text(String name, String value) {
    return put(name, new Json.Str(value));
  }

  public Members number(String name, long value) {
    return put(name, Json.of(value));
  }

  public Members none(String... names) {
    for (var name : names) {
      put(name, Json.Null.VALUE);
    }
    return this;
  }

  public Members list(String name, Json... items) {
    return put(name, new Json.Arr(List.of(items)));
  }

  public Members put(String name, Json value) {
    members.put(name, value);
    return this;
  }

  public Members put(String name, Members value) {
    return put(name, value.object());
  }

  public Json.Obj object() {
    return new Json.Obj(members);
  }
}
