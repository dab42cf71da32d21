package dev.holdfast.core.request;

import dev.holdfast.core.stream.Check;
import java.util.Objects;

/**
 * A tool on offer.
 *
 * @param name the function's name, not blank
 * @param description what it does
 * @param parametersJson JSON Schema of its arguments, as JSON text
 * @param strict whether the provider must keep the arguments to the schema
 */
public record Tool(String name, String description, String parametersJson, boolean strict) {
  /** Checks that there is a name. */
  public Tool {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(description, "description");
    Objects.requireNonNull(parametersJson, "parametersJson");
    Check.that(!name.isBlank(), "tool name", "must not be blank", "'" + name + "'");
  }

  /** A tool whose arguments may leave the schema. */
  public Tool(String name, String description, String parametersJson) {
    this(name, description, parametersJson, false);
  }
}
