package dev.holdfast.testkit.answer;

import dev.holdfast.core.stream.Check;
import java.util.List;

/** A piece of an answer, as large as one event of the wire, except tool calls. */
public sealed interface AnswerPart {
  /** Visible text; one event. Never empty. */
  record Token(String text) implements AnswerPart {
    /** Checks that there is text. */
    public Token {
      Check.that(!text.isEmpty(), "token", "must not be empty", "''");
    }
  }

  /** The model's words of refusal; one event where the protocol has any. Never empty. */
  record Refusal(String text) implements AnswerPart {
    /** Checks that there is text. */
    public Refusal {
      Check.that(!text.isEmpty(), "refusal", "must not be empty", "''");
    }
  }

  /** The model's reasoning; one event. Never empty. */
  record Reasoning(String text) implements AnswerPart {
    /** Checks that there is text. */
    public Reasoning {
      Check.that(!text.isEmpty(), "reasoning", "must not be empty", "''");
    }
  }

  /**
   * A call of a tool.
   *
   * @param id the call's id
   * @param name the function
   * @param arguments fragments of the arguments' JSON text, one event each
   */
  record Tool(String id, String name, List<String> arguments) implements AnswerPart {
    /** Copies the list. */
    public Tool {
      Check.that(!name.isBlank(), "tool name", "must not be blank", "'" + name + "'");
      arguments = List.copyOf(arguments);
    }

    /** {@return the whole JSON text of the arguments} */
    public String argumentsJson() {
      return String.join("", arguments);
    }
  }
}
