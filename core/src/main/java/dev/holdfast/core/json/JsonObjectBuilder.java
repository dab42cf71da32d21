package dev.holdfast.core.json;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The members of an object that is being written, in their order. Not thread-safe. */
public final class JsonObjectBuilder {
  private final Map<String, Json> members = new LinkedHashMap<>();

  public static JsonObjectBuilder of(String name, String value) {
    return new JsonObjectBuilder().text(name, value);
  }

  public JsonObjectBuilder text(String name, String value) {
    return put(name, new Json.Str(value));
  }

  public JsonObjectBuilder number(String name, long value) {
    return put(name, Json.of(value));
  }

  public JsonObjectBuilder none(String... names) {
    for (var name : names) {
      put(name, Json.Null.VALUE);
    }
    return this;
  }

  public JsonObjectBuilder list(String name, Json... items) {
    return put(name, new Json.Arr(List.of(items)));
  }

  public JsonObjectBuilder put(String name, Json value) {
    members.put(name, value);
    return this;
  }

  public JsonObjectBuilder put(String name, JsonObjectBuilder value) {
    return put(name, value.object());
  }

  public Json.Obj object() {
    return new Json.Obj(members);
  }
}
