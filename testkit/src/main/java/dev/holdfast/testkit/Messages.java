package dev.holdfast.testkit;

import java.util.List;

/** Reads the messages of a request; both protocols spell them alike. */
final class Messages {
  private Messages() {}

  static boolean isAssistant(Json message) {
    return message.text("role", "").equals("assistant");
  }

  /** {@return the text of a message whose content is a string or a list of parts} */
  static String text(Json message) {
    var text = new StringBuilder(message.text("content", ""));
    for (Json part : message.items("content")) {
      text.append(part.text("text", ""));
    }
    return text.toString();
  }

  /** {@return the text of the first user message; empty if there is none} */
  static String firstUser(List<Json> messages) {
    for (Json message : messages) {
      if (message.text("role", "").equals("user")) {
        return text(message);
      }
    }
    return "";
  }

  /** {@return a plausible token count, at least 1} */
  static int tokens(List<Json> messages) {
    int chars = messages.stream().mapToInt(message -> text(message).length()).sum();
    return 1 + chars / 4;
  }
}
