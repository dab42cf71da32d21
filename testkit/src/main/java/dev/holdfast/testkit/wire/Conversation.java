package dev.holdfast.testkit.wire;

import dev.holdfast.testkit.json.TestJson;
import java.util.ArrayList;
import java.util.List;

/**
 * A request's conversation with a model, in any protocol's spelling. Instructions of the system are
 * no turn.
 *
 * @param turns the messages, in order
 */
public record Conversation(List<Turn> turns) {
  /** Copies the list. */
  public Conversation {
    turns = List.copyOf(turns);
  }

  /**
   * One message.
   *
   * @param assistant whether it is a message of the model
   * @param user whether it is a message of the user; neither for results of tools and the like
   * @param text its text; parts are joined
   * @param toolResult whether it has the result of a tool
   */
  public record Turn(boolean assistant, boolean user, String text, boolean toolResult) {
    /** A message of text. */
    public Turn(boolean assistant, boolean user, String text) {
      this(assistant, user, text, false);
    }
  }

  /** {@return the turns of {@code messages}, as OpenAI Chat, Anthropic and Ollama spell them} */
  public static Conversation ofMessages(TestJson request) {
    return of(request.items("messages"), "content");
  }

  /** {@return the turns of {@code contents}, whose model speaks in the role {@code model}} */
  public static Conversation ofContents(TestJson request) {
    return of(request.items("contents"), "parts");
  }

  /** {@return the turns of {@code input}, which is a text or a list of items} */
  public static Conversation ofInput(TestJson request) {
    String plain = request.text("input", "");
    return plain.isEmpty()
        ? of(request.items("input"), "content")
        : new Conversation(List.of(new Turn(false, true, plain)));
  }

  private static Conversation of(List<TestJson> messages, String content) {
    var turns = new ArrayList<Turn>();
    for (TestJson message : messages) {
      // Gemini leaves the role out where there is one turn only.
      String role = message.text("role", content.equals("parts") ? "user" : "");
      boolean assistant = role.equals("assistant") || role.equals("model");
      boolean result = role.equals("tool") || isToolResult(message, content);
      turns.add(new Turn(assistant, role.equals("user"), text(message, content), result));
    }
    return new Conversation(turns);
  }

  /** Responses has items for results, Messages and Gemini have parts of messages. */
  private static boolean isToolResult(TestJson message, String content) {
    return message.text("type", "").endsWith("_call_output")
        || message.items(content).stream()
            .anyMatch(part ->
                part.text("type", "").equals("tool_result")
                    || part.member("functionResponse") != null);
  }

  /** The text of a message whose content is a string or a list of parts. */
  private static String text(TestJson message, String content) {
    var text = new StringBuilder(message.text(content, ""));
    for (TestJson part : message.items(content)) {
      if (!part.isTrue("thought")) {
        text.append(part.text("text", ""));
      }
    }
    return text.toString();
  }

  /** {@return the text of the first user message; empty if there is none} */
  public String firstUser() {
    return turns.stream().filter(Turn::user).map(Turn::text).findFirst().orElse("");
  }

  /** {@return whether one of the messages has the result of a tool} */
  public boolean hasToolResult() {
    return turns.stream().anyMatch(Turn::toolResult);
  }

  /** {@return a plausible token count, at least 1} */
  public int tokens() {
    return 1 + turns.stream().mapToInt(turn -> turn.text().length()).sum() / 4;
  }
}
