package dev.holdfast.gateway.config;

import java.util.List;

/** A configuration is not usable. */
public final class InvalidConfigException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  private final transient List<String> errors;

  /**
   * An exception with all errors of a configuration.
   *
   * @param errors each one line, "file:line: key: rule, was value"; at least one
   */
  public InvalidConfigException(List<String> errors) {
    super(String.join("\n", errors));
    this.errors = List.copyOf(errors);
  }

  /** {@return all errors, in the order of the file} */
  public List<String> errors() {
    return errors;
  }
}
