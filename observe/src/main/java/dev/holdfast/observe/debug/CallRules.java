package dev.holdfast.observe.debug;

import dev.holdfast.core.stream.Cause;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tool calls that are not whole: what happened to them, each with its own cure. */
final class CallRules {
  /** Why an answer is not complete. */
  static final List<Rule> CAUSES = List.of(CallRules::incomplete);

  /** What is worth knowing of an answer that is. */
  static final List<Rule> NOTES = List.of(CallRules::complete);

  private static final String NEVER = "never run a call whose arguments do not parse";

  private CallRules() {}

  private static @Nullable Finding incomplete(Facts facts) {
    var failure = facts.exchange().failure();
    var reading = facts.reading();
    // Where the stream broke off, or the provider reported an error, that is what happened.
    boolean ended = reading.proof().isProven() && reading.error() == null;
    boolean judged =
        failure != null
            && (failure.cause() == Cause.MALFORMED_JSON
                || failure.cause() == Cause.TRUNCATED
                || failure.cause() == Cause.PROTOCOL_VIOLATION);
    if (!judged || !ended || reading.rejection() != null) {
      return null;
    }
    var finding = finding(facts);
    if (finding == null && failure.cause() == Cause.MALFORMED_JSON) {
      finding = malformed();
    }
    return finding == null ? null : finding.seen(failure.detail());
  }

  private static @Nullable Finding complete(Facts facts) {
    return facts.exchange().failure() == null && facts.reading().proof().isProven()
        ? finding(facts)
        : null;
  }

  private static Finding malformed() {
    return Finding.of(
            "broken-tool-call",
            Culprit.PROVIDER,
            "The answer is whole, but the arguments of a tool call are no JSON.")
        .change(
            "let the model make the call again; a stricter schema or a larger model helps", NEVER);
  }

  private static @Nullable Finding finding(Facts facts) {
    var answer = facts.answer();
    var finding =
        switch (answer.callTrouble()) {
          case NONE -> null;
          case TOKEN_LIMIT ->
              Finding.of(
                      "tool-call-cut-by-limit",
                      Culprit.REQUEST,
                      "The token limit ended the answer inside a tool call.")
                  .change(
                      "raise max_tokens (or max_completion_tokens), or let the call carry less:"
                          + " a file in pieces, an edit in place of the whole text",
                      NEVER + ", nor one that a limit cut, even where it parses");
          case SHARED_INDEX ->
              Finding.of(
                      "tool-calls-share-an-index",
                      Culprit.PROXY,
                      "Several tool calls came under one index: their arguments are glued together.")
                  .change(
                      "let the server or gateway give every call its own index; Gemini's"
                          + " OpenAI-compatible layers are known for this",
                      "until then ask for one call at a time (parallel_tool_calls: false)",
                      NEVER);
          case CUMULATIVE ->
              Finding.of(
                      "cumulative-arguments",
                      Culprit.PROXY,
                      "Each piece of a tool call's arguments repeats all the pieces before it.")
                  .change(
                      "let the server or gateway send only what is new in each piece",
                      "until then take the last piece in place of the sum",
                      NEVER);
          case CUT ->
              Finding.of(
                      "tool-call-cut",
                      Culprit.PROVIDER,
                      "The answer has its end, but the arguments of a tool call stop before theirs.")
                  .change(
                      "pieces were lost on the way, or the engine stopped early: go to the provider"
                          + " directly, and see the server's log at this moment",
                      "ask again; a call cannot be continued",
                      NEVER);
          case MALFORMED -> malformed();
        };
    return finding == null || answer.brokenCall().isEmpty()
        ? finding
        : finding.seen("the call: " + answer.brokenCall());
  }
}
