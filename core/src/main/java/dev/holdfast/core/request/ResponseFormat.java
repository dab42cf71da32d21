package dev.holdfast.core.request;

import dev.holdfast.core.stream.Check;
import java.util.Objects;

/** The form that the text of an answer must have. */
public sealed interface ResponseFormat {
  /** Any JSON object. */
  record JsonObject() implements ResponseFormat {}

  /**
   * JSON that a schema describes.
   *
   * @param name a name for the schema: letters, digits, {@code _} and {@code -}
   * @param schemaJson the JSON Schema, as JSON text
   * @param strict whether the provider must keep to the schema; providers without that switch
   *     always do
   */
  record JsonSchema(String name, String schemaJson, boolean strict) implements ResponseFormat {
    /** Checks the name. */
    public JsonSchema {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(schemaJson, "schemaJson");
      Check.that(
          name.matches("[A-Za-z0-9_-]{1,64}"),
          "schema name",
          "must be 1 to 64 letters, digits, _ or -",
          "'" + name + "'");
    }
  }

  /** {@return the format of any JSON object} */
  static ResponseFormat json() {
    return new JsonObject();
  }

  /** {@return the format of JSON that a schema describes, strictly} */
  static ResponseFormat schema(String name, String schemaJson) {
    return new JsonSchema(name, schemaJson, true);
  }
}
