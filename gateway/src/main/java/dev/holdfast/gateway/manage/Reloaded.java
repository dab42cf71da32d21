package dev.holdfast.gateway.manage;

import java.io.StringWriter;
import java.util.List;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What became of a reload.
 *
 * @param generation the number of the configuration that is in force now: 1 at the start, and one
 *     more after each reload
 * @param errors why the new one is not in force, each one line; empty if it is
 */
public record Reloaded(long generation, List<String> errors) {
  private static final JsonFactory JSON = new JsonFactory();

  /** Copies. */
  public Reloaded {
    errors = List.copyOf(errors);
  }

  /** {@return it as a line of JSON} */
  public String json() {
    var text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
      json.writeStartObject();
      json.writeStringProperty("event", "reload");
      json.writeBooleanProperty("reloaded", errors.isEmpty());
      json.writeNumberProperty("generation", generation);
      json.writeArrayPropertyStart("errors");
      errors.forEach(json::writeString);
      json.writeEndArray();
      json.writeEndObject();
    }
    return text + "\n";
  }
}
