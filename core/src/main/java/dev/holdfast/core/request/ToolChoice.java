package dev.holdfast.core.request;

import dev.holdfast.core.stream.Check;
import java.util.Objects;

/** Which tools the model may call, or must. */
public sealed interface ToolChoice {
  /** The model decides. */
  record Auto() implements ToolChoice {}

  /** The model must not call a tool. */
  record None() implements ToolChoice {}

  /** The model must call a tool. */
  record Required() implements ToolChoice {}

  /**
   * The model must call one tool.
   *
   * @param name the name of the tool, not blank
   */
  record Named(String name) implements ToolChoice {
    /** Checks the name. */
    public Named {
      Objects.requireNonNull(name, "name");
      Check.that(!name.isBlank(), "tool name", "must not be blank", "'" + name + "'");
    }
  }

  /** {@return the choice that leaves it to the model} */
  static ToolChoice auto() {
    return new Auto();
  }

  /** {@return the choice that allows no call} */
  static ToolChoice none() {
    return new None();
  }

  /** {@return the choice that demands a call} */
  static ToolChoice required() {
    return new Required();
  }

  /** {@return the choice that demands a call of one tool} */
  static ToolChoice of(String name) {
    return new Named(name);
  }
}
