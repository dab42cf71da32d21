package dev.holdfast.observe.debug.rules;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.tools.CutReason;
import dev.holdfast.observe.debug.facts.Facts;
import dev.holdfast.observe.debug.wire.Preview;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tool calls that are not whole: what happened to them, each with its own cure. */
final class CallRules {
  /** Why an answer is not complete. */
  static final List<DiagnosisRule> CAUSES = List.of(CallRules::incomplete);

  /** What is worth knowing of an answer that is. */
  static final List<DiagnosisRule> NOTES = List.of(CallRules::complete);

  private static final String NEVER = "never run a call whose arguments do not parse";

  /** The causes that an answer with a broken call can end in. */
  private static final Set<Cause> JUDGED =
      Set.of(Cause.MALFORMED_JSON, Cause.TRUNCATED, Cause.PROTOCOL_VIOLATION);

  private CallRules() {}

  private static @Nullable Finding incomplete(Facts facts) {
    var failure = facts.exchange().failure();
    var reading = facts.reading();
    // Where the stream broke off, or the provider reported an error, that is what happened.
    boolean ended = reading.proof().isProven() && reading.error() == null;
    if (failure == null || !JUDGED.contains(failure.cause())) {
      return null;
    }
    if (!ended || reading.rejection() != null) {
      return null;
    }
    var finding = finding(facts);
    if (finding == null && failure.cause() == Cause.MALFORMED_JSON) {
      finding = malformed().change(NEVER);
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
        .change("let the model make the call again; a stricter schema or a larger model helps");
  }

  private static @Nullable Finding finding(Facts facts) {
    var cut = facts.reading().cutCalls();
    if (cut.isEmpty()) {
      return null;
    }
    var call = cut.getFirst();
    var reason = Objects.requireNonNull(call.cut());
    return finding(reason).seen(Preview.of(call.detail())).change(NEVER);
  }

  private static Finding finding(CutReason reason) {
    return switch (reason) {
      case TOKEN_LIMIT ->
          Finding.of(
                  "tool-call-cut-by-limit",
                  Culprit.REQUEST,
                  "The token limit ended the answer inside a tool call.")
              .change(
                  "raise max_tokens (or max_completion_tokens), or let the call carry less: a file"
                      + " in pieces, an edit in place of the whole text",
                  "do not run it even where its arguments parse: they may be the beginning of longer"
                      + " ones");
      case SHARED_INDEX, SEVERAL_VALUES ->
          Finding.of(
                  "tool-calls-share-an-index",
                  Culprit.PROXY,
                  "Several tool calls came under one index: their arguments are glued together.")
              .change(
                  "let the server or gateway give every call its own index; Gemini's"
                      + " OpenAI-compatible layers are known for this",
                  "until then ask for one call at a time (parallel_tool_calls: false)");
      case CUMULATIVE ->
          Finding.of(
                  "cumulative-arguments",
                  Culprit.PROXY,
                  "Each piece of a tool call's arguments repeats all the pieces before it.")
              .change(
                  "let the server or gateway send only what is new in each piece",
                  "until then take the last piece in place of the sum");
      case NOT_CLOSED, ENDS_EARLY, PROVIDER_FAILED ->
          Finding.of(
                  "tool-call-cut",
                  Culprit.PROVIDER,
                  "The answer has its end, but a tool call stops before its own.")
              .change(
                  "pieces were lost on the way, or the engine stopped early: go to the provider"
                      + " directly, and see the server's log at this moment",
                  "ask again; a call cannot be continued");
      case FILTERED, PAUSED ->
          Finding.of(
                  "tool-call-cut-by-filter",
                  Culprit.PROVIDER,
                  "A filter, a refusal or a pause ended the answer inside a tool call.")
              .change("see the finish reason: change the prompt, or let the paused turn continue");
      case NO_NAME ->
          Finding.of(
                  "nameless-tool-call",
                  Culprit.PROXY,
                  "A tool call never got a name: no client can run it.")
              .change(
                  "the piece with the name was lost, or the server misnumbers the pieces: go to the"
                      + " provider directly");
      case NOT_JSON -> malformed();
    };
  }
}
