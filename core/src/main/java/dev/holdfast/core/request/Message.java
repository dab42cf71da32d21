package dev.holdfast.core.request;

import dev.holdfast.core.stream.Check;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A message of a conversation.
 *
 * @param role its author
 * @param parts in order, at least one: of the user text, images and files; of the assistant text,
 *     reasoning and tool calls; of tools results
 */
public record Message(Role role, List<Part> parts) {
  /** The authors of messages. */
  public enum Role {
    /** The caller, or the caller's user. */
    USER,
    /** The model. */
    ASSISTANT,
    /** The caller's tools. */
    TOOL
  }

  /** Copies the parts, and checks that the role may have them. */
  public Message {
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(parts, "parts");
    for (Part part : parts) {
      Objects.requireNonNull(part, "parts");
    }
    Check.that(!parts.isEmpty(), "parts", "must not be empty", "empty");
    parts = List.copyOf(parts);
    for (Part part : parts) {
      boolean fits =
          switch (part) {
            case Part.Text text -> role != Role.TOOL;
            case Part.Image image -> role == Role.USER;
            case Part.File file -> role == Role.USER;
            case Part.Reasoning reasoning -> role == Role.ASSISTANT;
            case Part.Call call -> role == Role.ASSISTANT;
            case Part.Result result -> role == Role.TOOL;
          };
      Check.that(
          fits,
          "parts",
          "must fit the role " + role.name().toLowerCase(java.util.Locale.ROOT),
          part.getClass().getSimpleName());
    }
  }

  /** {@return a message of the user} */
  public static Message user(Part... parts) {
    Objects.requireNonNull(parts, "parts");
    return new Message(Role.USER, Arrays.asList(parts));
  }

  /** {@return a message of the assistant} */
  public static Message assistant(Part... parts) {
    Objects.requireNonNull(parts, "parts");
    return new Message(Role.ASSISTANT, Arrays.asList(parts));
  }

  /** {@return the results of tools} */
  public static Message results(Part.Result... results) {
    Objects.requireNonNull(results, "results");
    return new Message(Role.TOOL, Arrays.asList(results));
  }

  /** {@return the text of its parts, joined; empty if it has none} */
  public String text() {
    var text = new StringBuilder();
    for (Part part : parts) {
      text.append(part instanceof Part.Text(String piece) ? piece : "");
    }
    return text.toString();
  }

  /** {@return whether it has no other part than text} */
  public boolean isText() {
    for (Part part : parts) {
      if (!(part instanceof Part.Text)) {
        return false;
      }
    }
    return true;
  }

  /** {@return the role and the kinds of the parts; their content stays out of logs} */
  @Override
  public String toString() {
    return "Message[role=%s, parts=%s]"
        .formatted(role, parts.stream().map(part -> part.getClass().getSimpleName()).toList());
  }
}
