package dev.holdfast.gateway;

import dev.holdfast.core.json.Json;
import java.util.ArrayList;
import java.util.List;

/**
 * A body of the UI message stream, read event by event.
 *
 * @param chunks in order
 * @param ids the id of each chunk; empty for none
 * @param done whether {@code [DONE]} was the last event
 */
record UiReading(List<Json.Obj> chunks, List<String> ids, boolean done) {
  static UiReading of(String body) {
    var chunks = new ArrayList<Json.Obj>();
    var ids = new ArrayList<String>();
    boolean done = false;
    for (String block : body.split("\n\n", -1)) {
      String id = "";
      for (String line : block.split("\n", -1)) {
        id = line.startsWith("id: ") ? line.substring(4) : id;
        if (!line.startsWith("data: ")) {
          continue;
        }
        done = line.equals("data: [DONE]");
        if (!done) {
          chunks.add(object(line.substring(6)));
          ids.add(id);
        }
      }
    }
    return new UiReading(chunks, ids, done);
  }

  private static Json.Obj object(String data) {
    try {
      return (Json.Obj) Json.parse(data);
    } catch (Json.MalformedException e) {
      throw new AssertionError(data, e);
    }
  }

  /** {@return the types of the chunks, deltas that follow each other as one} */
  List<String> types() {
    var types = new ArrayList<String>();
    for (Json.Obj chunk : chunks) {
      String type = chunk.text("type");
      boolean repeats = !types.isEmpty() && types.getLast().equals(type);
      if (!repeats || !type.endsWith("-delta")) {
        types.add(type);
      }
    }
    return types;
  }

  /** {@return the text of the answer} */
  String text() {
    return joined("text");
  }

  /** {@return the joined deltas of a kind of part} */
  String joined(String kind) {
    var text = new StringBuilder();
    for (Json.Obj chunk : chunks) {
      if (chunk.text("type").equals(kind + "-delta")) {
        text.append(chunk.text("delta")).append(chunk.text("inputTextDelta"));
      }
    }
    return text.toString();
  }

  /** {@return the first chunk of a type} */
  Json.Obj first(String type) {
    return chunks.stream()
        .filter(chunk -> chunk.text("type").equals(type))
        .findFirst()
        .orElseThrow(() -> new AssertionError(type + " in " + types()));
  }
}
