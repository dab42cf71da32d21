package dev.holdfast.observe.debug.rules;

import dev.holdfast.core.stream.Finish;
import dev.holdfast.observe.debug.facts.Facts;
import dev.holdfast.observe.debug.wire.Preview;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Anomalies of a complete answer. */
final class AnswerNotes {
  /** About its content, or the lack of it. In order of weight. */
  static final List<DiagnosisRule> CONTENT =
      List.of(
          AnswerNotes::malformedCall,
          AnswerNotes::contextWindow,
          AnswerNotes::paused,
          AnswerNotes::empty);

  /** About the clients that can read it. */
  static final List<DiagnosisRule> CLIENTS = List.of(AnswerNotes::clients);

  private static final List<String> MALFORMED =
      List.of(
          "malformed_function_call",
          "malformed_tool_use",
          "malformed_tool_call",
          "malformed_model_output",
          "malformed_response",
          "unexpected_tool_call",
          "too_many_tool_calls",
          "missing_thought_signature");

  private AnswerNotes() {}

  /** {@return the finish of the first choice, in one spelling} */
  static String finish(Facts facts) {
    return facts.reading().finish().toLowerCase(Locale.ROOT).replace('-', '_');
  }

  private static boolean isWhole(Facts facts) {
    return facts.exchange().failure() == null && facts.reading().proof().isProven();
  }

  /** {@return the finding for a call that the model did not get right, or null} */
  static @Nullable Finding malformedCall(Facts facts) {
    String finish = finish(facts);
    if (!MALFORMED.contains(finish)) {
      return null;
    }
    String message = facts.answer().finishMessage();
    boolean unasked = finish.startsWith("unexpected") || finish.startsWith("too_many");
    var finding =
        Finding.of(
                "malformed-call",
                Culprit.PROVIDER,
                finish.equals("missing_thought_signature")
                    ? "The provider refuses the turn: a thought signature is missing."
                    : unasked
                        ? "The model called a tool that it may not call, and the provider dropped"
                            + " the call."
                        : "The model wrote a tool call or an answer that its own provider cannot"
                            + " read, and the provider dropped it.")
            .seen("finish: " + Preview.of(facts.reading().finish()))
            .seen(message.isEmpty() ? "" : "its words: " + message);
    return finish.equals("missing_thought_signature")
        ? finding.change("send thought signatures back as they came, with the part they came with")
        : finding.change(
            "ask again: the same request often succeeds, at a lower temperature more often",
            "simpler schemas and fewer tools make it rarer; the provider hides what was written",
            "do not show it as an empty answer: nothing was answered");
  }

  private static @Nullable Finding contextWindow(Facts facts) {
    String finish = finish(facts);
    return !isContextWindow(finish)
        ? null
        : Finding.of(
                "context-window",
                Culprit.REQUEST,
                "The stream is whole, but the model's context window was full and cut the text.")
            .seen("finish: " + Preview.of(facts.reading().finish()))
            .change(
                "shorten or compact the conversation: drop old turns, tool results and files, or"
                    + " replace them by a summary",
                "raising max_tokens does nothing here: prompt and answer share the window",
                "or use a model with a larger window");
  }

  /** {@return whether a finish reports that prompt and answer filled the context window} */
  static boolean isContextWindow(String finish) {
    return finish.contains("context_window") || finish.contains("context_length");
  }

  private static @Nullable Finding paused(Facts facts) {
    return !finish(facts).equals("pause_turn")
        ? null
        : Finding.of(
                "paused",
                Culprit.NONE,
                "The provider paused a long turn: the answer is not finished.")
            .seen("finish: " + Preview.of(facts.reading().finish()))
            .change(
                "send the content back as it is, as an assistant message, and ask again with the"
                    + " same tools: the model continues from there",
                "change nothing in it, and do not show it as the whole answer");
  }

  private static @Nullable Finding empty(Facts facts) {
    var answer = facts.answer();
    var finishes = facts.reading().finishes();
    var natural =
        finishes.entrySet().stream()
            .filter(finish -> answer.empty().contains(finish.getKey()))
            .filter(finish -> isNatural(finish.getValue()))
            .map(Map.Entry::getKey)
            .sorted()
            .toList();
    if (!isWhole(facts) || natural.isEmpty() || malformedCall(facts) != null) {
      return null;
    }
    long reasoning = answer.reasoningChars();
    boolean all = natural.size() == finishes.size();
    var usage = facts.reading().usage();
    return Finding.of(
            "empty-answer",
            Culprit.PROVIDER,
            reasoning > 0 && all
                ? "The answer is empty: the model reasoned, and then wrote nothing."
                : all
                    ? "The answer is empty: it ended as usual, without text, refusal or call."
                    : "A choice is empty: it ended as usual, without text, refusal or call.")
        .seen("finish: " + Preview.of(facts.reading().finish()))
        .seen(
            all ? "" : "choices without content: " + natural,
            reasoning > 0 ? Words.count(reasoning, "character") + " of reasoning" : "",
            answer.blankChars() > 0
                ? Words.count(answer.blankChars(), "character") + " of white space alone"
                : "",
            usage != null && usage.output().orElse(-1) > 0
                ? Words.count(usage.output().orElse(-1), "output token") + " were counted"
                : "")
        .change(
            "ask again; if it stays, end the conversation with a user turn or a tool result: a"
                + " model that has nothing to answer ends its turn",
            reasoning > 0
                ? "raise the limit on output tokens, or lower the reasoning effort: all of them"
                    + " may have gone into reasoning"
                : "a stop sequence or a chat template that ends at once shows like this; so does a"
                    + " gateway that drops a kind of content which it does not know",
            "treat an empty answer as a failure in your client, not as text");
  }

  private static boolean isNatural(Finish finish) {
    return switch (finish.reason()) {
      case STOP, TOOL_CALLS, OTHER -> true;
      case LENGTH, REFUSAL, CONTENT_FILTER, PAUSE, ERROR -> false;
    };
  }

  private static @Nullable Finding clients(Facts facts) {
    var breaks = facts.clients();
    if (breaks.isEmpty()) {
      return null;
    }
    long clients =
        breaks.stream()
            .flatMap(it -> it.clients().stream())
            .map(it -> it.name())
            .distinct()
            .count();
    var finding =
        Finding.of(
            "clients",
            Culprit.PROVIDER,
            "The answer can be read, but "
                + Words.count(clients, "widely used client")
                + (clients == 1 ? " breaks" : " break")
                + " on these bytes.");
    for (var one : breaks) {
      finding = finding.seen(one.words()).change(one.cure());
    }
    return finding.change("which clients, and what they do, is listed under \"Clients\"");
  }
}
