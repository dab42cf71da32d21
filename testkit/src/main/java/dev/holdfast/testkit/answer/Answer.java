package dev.holdfast.testkit.answer;

import dev.holdfast.core.stream.Check;
import java.util.ArrayList;
import java.util.List;

/**
 * The model's uninterrupted answer: reasoning first, then text, then a refusal, then tool calls.
 *
 * @param parts the pieces, in order
 */
public record Answer(List<AnswerPart> parts) {
  private static final int MAX_TOKEN = 7;

  /** The place of a refusal in the order of the parts. */
  private static final int REFUSAL = 2;

  /** Copies the list and checks its order. */
  public Answer {
    parts = List.copyOf(parts);
    int rank = 0;
    for (AnswerPart part : parts) {
      int next = rank(part);
      Check.that(
          next >= rank, "parts", "must be reasoning, text, refusal, then tools", part.getClass());
      rank = next;
    }
  }

  private static int rank(AnswerPart part) {
    return switch (part) {
      case AnswerPart.Reasoning reasoning -> 0;
      case AnswerPart.Token token -> 1;
      case AnswerPart.Refusal refusal -> REFUSAL;
      case AnswerPart.Tool tool -> 3;
    };
  }

  /** {@return an answer of plain text, cut into pieces about the size of a model's tokens} */
  public static Answer ofText(String text) {
    return new Answer(tokens(text));
  }

  /** {@return an answer that declines, in pieces about the size of a model's tokens} */
  public static Answer ofRefusal(String words) {
    return new Answer(List.of()).withRefusal(words);
  }

  /** {@return the visible text, without a refusal} */
  public String text() {
    var text = new StringBuilder();
    for (AnswerPart part : parts) {
      if (part instanceof AnswerPart.Token(String piece)) {
        text.append(piece);
      }
    }
    return text.toString();
  }

  /** {@return the refusal; empty if the model does not decline} */
  public String refusal() {
    var text = new StringBuilder();
    for (AnswerPart part : parts) {
      if (part instanceof AnswerPart.Refusal(String piece)) {
        text.append(piece);
      }
    }
    return text.toString();
  }

  /** {@return the reasoning} */
  public String reasoning() {
    var text = new StringBuilder();
    for (AnswerPart part : parts) {
      if (part instanceof AnswerPart.Reasoning(String piece)) {
        text.append(piece);
      }
    }
    return text.toString();
  }

  /** {@return the tool calls} */
  public List<AnswerPart.Tool> tools() {
    return parts.stream()
        .filter(AnswerPart.Tool.class::isInstance)
        .map(AnswerPart.Tool.class::cast)
        .toList();
  }

  /** {@return a copy that thinks before it speaks} */
  public Answer withReasoning(String reasoning) {
    var all = new ArrayList<AnswerPart>();
    for (AnswerPart token : tokens(reasoning)) {
      if (token instanceof AnswerPart.Token(String piece)) {
        all.add(new AnswerPart.Reasoning(piece));
      }
    }
    parts.stream().filter(part -> !(part instanceof AnswerPart.Reasoning)).forEach(all::add);
    return new Answer(all);
  }

  /** {@return a copy that declines, after its text if it has any} */
  public Answer withRefusal(String words) {
    var all = new ArrayList<AnswerPart>();
    parts.stream().filter(part -> rank(part) < REFUSAL).forEach(all::add);
    for (AnswerPart token : tokens(words)) {
      if (token instanceof AnswerPart.Token(String piece)) {
        all.add(new AnswerPart.Refusal(piece));
      }
    }
    parts.stream().filter(part -> rank(part) > REFUSAL).forEach(all::add);
    return new Answer(all);
  }

  /** {@return a copy that ends with one more tool call; {@code json} arrives in pieces} */
  public Answer withTool(String id, String name, String json) {
    var all = new ArrayList<>(parts);
    var pieces = new ArrayList<String>();
    for (AnswerPart token : tokens(json)) {
      if (token instanceof AnswerPart.Token(String piece)) {
        pieces.add(piece);
      }
    }
    all.add(new AnswerPart.Tool(id, name, pieces));
    return new Answer(all);
  }

  /**
   * {@return what is left once the first {@code units} of the text are written, without reasoning;
   * a token that the offset falls into keeps its rest}
   *
   * @param units UTF-16 units; everything past the end counts as the end
   */
  public Answer from(int units) {
    Check.that(units >= 0, "units", "must not be negative", units);
    var left = new ArrayList<AnswerPart>();
    int skip = units;
    for (AnswerPart part : parts) {
      switch (part) {
        case AnswerPart.Reasoning reasoning -> {}
        case AnswerPart.Refusal refusal -> left.add(refusal);
        case AnswerPart.Tool tool -> left.add(tool);
        case AnswerPart.Token(String text) -> {
          if (skip < text.length()) {
            left.add(new AnswerPart.Token(text.substring(skip)));
          }
          skip = Math.max(0, skip - text.length());
        }
      }
    }
    return new Answer(left);
  }

  /** {@return a copy whose text begins with {@code lead}} */
  public Answer after(String lead) {
    var all = new ArrayList<AnswerPart>(tokens(lead));
    all.addAll(parts);
    return new Answer(all);
  }

  /** {@return pieces of at most seven characters, words with the space before them} */
  public static List<AnswerPart> tokens(String text) {
    var tokens = new ArrayList<AnswerPart>();
    int start = 0;
    int points = 0;
    int before = -1;
    for (int i = 0; i < text.length(); ) {
      int now = text.codePointAt(i);
      if (i > start && (points == MAX_TOKEN || breaks(before, now))) {
        tokens.add(new AnswerPart.Token(text.substring(start, i)));
        start = i;
        points = 0;
      }
      before = now;
      points++;
      i += Character.charCount(now);
    }
    if (start < text.length()) {
      tokens.add(new AnswerPart.Token(text.substring(start)));
    }
    return tokens;
  }

  private static boolean breaks(int before, int now) {
    if (Character.isWhitespace(now)) {
      return !Character.isWhitespace(before);
    }
    if (Character.isIdeographic(now)) {
      return true;
    }
    return !Character.isWhitespace(before)
        && Character.isLetterOrDigit(before) != Character.isLetterOrDigit(now);
  }
}
