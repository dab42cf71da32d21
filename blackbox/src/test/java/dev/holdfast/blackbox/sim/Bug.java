package dev.holdfast.blackbox.sim;

import java.util.List;

/**
 * A bug that is planted to see whether the simulator finds it.
 *
 * @param what it does
 * @param breaks invariants that may be the first to be broken by it
 * @param healthy the source of core where it sits; occurs once
 * @param sick the source it becomes
 */
record Bug(String what, List<String> breaks, String healthy, String sick) {
  private static Bug of(String what, String breaks, String healthy, String sick) {
    return new Bug(what, List.of(breaks.split(" ")), healthy, sick);
  }

  private static final String TEXT = "PREFIX NO-DUP NO-GAP";

  /** {@return all of them} */
  static List<Bug> all() {
    return List.of(
        // What counts as the end.
        of(
            "a closing marker counts as completion",
            "BLAME TERMINAL",
            "case CLOSED -> router.complete(context, attempt);\n        case CLOSED_UNPROVEN -> {",
            "case CLOSED, CLOSED_UNPROVEN -> router.complete(context, attempt);\n        case null -> {"),
        of(
            "an end without proof is an end",
            "BLAME TERMINAL " + TEXT,
            "if (attempt.isProven(stream.choices)) {\n      router.complete(context, attempt);\n    } else if (attempt.purpose()",
            "if (proof != null) {\n      router.complete(context, attempt);\n    } else if (attempt.purpose()"),
        of(
            "an error in the stream is ignored",
            "BLAME",
            "case StreamEvent.ErrorReported error ->\n          lifecycle.onProviderError(context, attempt, attempt.reported(error.failure()));",
            "case StreamEvent.ErrorReported error -> {}"),
        of(
            "a malformed frame is passed over",
            TEXT + " TOOLS BLAME",
            "case RECOVER -> lifecycle.fail(context, attempt, rejected.failure());",
            "case RECOVER -> {}"),
        of(
            "a reset behind the proof undoes it",
            "BLAME",
            "private void onTransportFailure(SignalContext context, Attempt attempt, Failure failure) {\n    if (attempt.isProven(stream.choices)) {",
            "private void onTransportFailure(SignalContext context, Attempt attempt, Failure failure) {\n    if (attempt == null) {"),
        of(
            "a missing marker is not told",
            "BLAME",
            "} else if (!answer.proof().isClosed()) {",
            "} else if (answer == null) {"),
        // Where texts are joined.
        of(
            "a retry after output is not stitched",
            TEXT + " NO-SPLICE",
            "if (rung == null) {\n          lane.streaming(attempt);",
            "if (attempt != null) {\n          lane.streaming(attempt);"),
        of("the overlap is not checked", TEXT, "return Match.NONE;", "return Match.FULL;"),
        of(
            "the seam is one character late",
            TEXT,
            "held.substring(full.consumed())",
            "held.substring(Math.min(held.length(), full.consumed() + 1))"),
        of(
            "the seam is one character early",
            TEXT,
            "held.substring(full.consumed())",
            "held.substring(Math.max(0, full.consumed() - 1))"),
        of(
            "an anchor need not be unique",
            TEXT,
            "length >= repeated + MIN_VISIBLE",
            "length >= MIN_VISIBLE"),
        of(
            "the commit point is forgotten",
            TEXT + " NO-SPLICE",
            "if (!delivery.isCommitted() && choice.rung() != Rung.CURSOR) {",
            "if (choice.rung() != Rung.CURSOR) {"),
        of(
            "a seam is not marked",
            "NO-SPLICE",
            "context.deliver(new StreamEvent.SeamMarked(seam));",
            ""),
        of("a seam is not kept for the end", "NO-SPLICE", "delivery.seam(seam);", ""),
        of(
            "a continued answer claims to be exact",
            "NO-SPLICE",
            "boolean exact = !doubted && seams.stream().allMatch(this::isExact);",
            "boolean exact = true;"),
        of(
            "structured output is continued like any text",
            "NO-SPLICE",
            "if (facts.structured()) {\n          yield \"structured output is continued by exact rungs only\";\n        }",
            ""),
        of(
            "an exact answer is not insisted on",
            "NO-SPLICE",
            "yield requireExact ? \"an exact answer is required\" : ruleOfEvidence(start);",
            "yield ruleOfEvidence(start);"),
        of(
            "reasoning of two generations is mixed",
            "PREFIX",
            "return reasoningAttempt == attempt\n",
            "return attempt > 0\n"),
        // Tool calls.
        of(
            "fragments of a tool call do not count as output",
            "TOOLS",
            "if (delivered.liveTools()) {",
            "if (delivered == null) {"),
        of(
            "calls of a failed attempt are handed on",
            "TOOLS",
            "context.lane().retired(attempt);",
            "context.lane().retired(attempt);\n    if (failure != null) {\n      attempt.toolCalls.whole().forEach("
                + "call -> context.deliver(new StreamEvent.ToolCallReady(call)));\n    }"),
        // Clocks.
        of(
            "pings count as progress",
            "BLAME",
            "if (event.isContent()) {\n      markResumed(context, attempt);\n      if (attempt.purpose()",
            "if (event instanceof StreamEvent.Heartbeat) {\n      context.clocks().content(context.nowNanos());\n    }\n    if (event.isContent()) {\n      markResumed(context, attempt);\n      if (attempt.purpose()"),
        of(
            "the idle clock does not run",
            "LIVENESS BLAME",
            "idle = within(timeouts.idle(), nowNanos);",
            "idle = NEVER;"),
        of(
            "the idle clock goes on while the consumer is away",
            "BLAME LIVENESS",
            "idle = shift(idle, away);",
            ""),
        of(
            "the total clock is not looked at",
            "LIVENESS",
            "return nowNanos >= total;",
            "return false;"),
        of(
            "what the provider asks to wait is not waited",
            "LIVENESS",
            "upstream.notBefore(nowNanos + wait.get().toNanos());",
            ""),
        of(
            "the first continuation waits",
            "LIVENESS",
            "long delay = asked > 0 ? asked : pause;",
            "long delay = asked > 0 ? asked : pause + 1;"),
        // Budgets.
        of(
            "attempts are not counted",
            "BUDGET",
            "attemptsWithoutContent++;",
            "attemptsWithoutContent = 0;"),
        of("continuations are not counted", "BUDGET", "continuations += counts(next) ? 1 : 0;", ""),
        of(
            "the retry budget is not asked",
            "BUDGET",
            "if (!starting && !standing.retryAllowed()) {",
            "if (!starting && standing == null) {"),
        of(
            "the output limit is not lowered",
            "BUDGET",
            "Math.max(floor, limit - Math.max(0, produced))",
            "Math.max(floor, limit)"),
        of(
            "text past its limit is continued",
            "BOUNDED NO-DUP",
            "return delivered.textLost() ? \"more text was delivered than is kept for recovery\" : null;",
            "return null;"),
        of(
            "a line may be as long as it likes",
            "BOUNDED BLAME",
            "throw new FrameLimitException(\"sse line: must be at most \" + maxLine + \" bytes, was longer\");",
            ""),
        // Cursors, and answers that are looked at while they are being written.
        of(
            "kept bytes are gone on with whatever they are",
            TEXT + " BLAME TERMINAL TOOLS",
            "if (chunk.get() != tail[repeated++]) {",
            "if (chunk.get() != tail[repeated++] && name == null) {"),
        of(
            "events that come again are read again",
            TEXT + " BLAME TERMINAL TOOLS",
            "rest.repeated(number, digest);\n      return false;",
            "return true;"),
        of(
            "kept bytes behind a broken event are asked for",
            TEXT + " BLAME",
            "case MALFORMED_FRAME, MALFORMED_JSON -> name != null;",
            "case MALFORMED_FRAME, MALFORMED_JSON -> false;"),
        of(
            "an answer that is being written counts as whole",
            TEXT + " TERMINAL BLAME",
            "} else if (attempt.purpose() == Purpose.POLL) {\n      lifecycle.notYet(context, attempt);",
            "} else if (attempt.purpose() == Purpose.POLL) {\n      router.complete(context, attempt);"),
        of(
            "what comes by a cursor behind a gap is handed on",
            TEXT + " BLAME TERMINAL TOOLS",
            "sawContent |= broken == null;\n    return broken == null;",
            "sawContent |= broken == null;\n    return true;"),
        of(
            "a gap behind a cursor is not seen",
            TEXT + " BLAME TERMINAL TOOLS NO-SPLICE",
            "} else if (number >= 0 && number != sequence + 1) {\n      rest.missed(",
            "} else if (number < -1) {\n      rest.missed("),
        of(
            "events without numbers follow a cursor",
            TEXT + " BLAME TERMINAL TOOLS NO-SPLICE",
            "if (number < 0 && matters) {\n      rest.missed(",
            "if (number < -1) {\n      rest.missed("),
        of(
            "an event that comes again may be another",
            TEXT + " BLAME TERMINAL TOOLS NO-SPLICE",
            "if (at >= 0 && digests[at] != digest) {",
            "if (at < -1) {"),
        of(
            "what the end of a kept answer repeats is not compared",
            TEXT + " BLAME TERMINAL TOOLS",
            "texts.length(kind));\n    if (rest.isOn()) {\n      contradict(detail);",
            "texts.length(kind));\n    if (rest.isOn()) {"),
        of(
            "what only the end of an answer says is left out",
            TEXT + " BLAME TERMINAL TOOLS",
            "more.forEach(this::hand);",
            ""),
        of(
            "what only the end of a kept answer has is left out",
            TEXT + " BLAME TERMINAL",
            "more.forEach(this::hand);\n    flush(this::emit);",
            "if (!rest.isOn()) {\n      more.forEach(this::hand);\n    }\n    flush(this::emit);"),
        of(
            "what a kept answer repeats is compared by its length alone",
            TEXT + " BLAME TERMINAL",
            "return length <= text.length() && fold(0, text, 0, (int) length) == hash;",
            "return length <= text.length();"),
        of(
            "the end of a kept answer needs no witness",
            TEXT + " BLAME TERMINAL TOOLS NO-SPLICE",
            "&& !(attempt.reader().continuity() instanceof Continuity.Shown)) {",
            "&& attempt.reader() == null) {"),
        // Shapes of answers.
        of(
            "a failed finish is a natural end",
            TEXT + " BLAME TOOLS",
            "default -> isMalformed(word) || isTrouble(word) ? Finish.Reason.ERROR : unlisted(word);",
            "default -> isMalformed(word) ? Finish.Reason.ERROR : unlisted(word);"),
        of(
            "the finish that a router translated is not read",
            TEXT + " BLAME TOOLS",
            "if (reason == Finish.Reason.ERROR) {\n      return own;",
            "if (reason == null) {\n      return own;"),
        of(
            "a second answer in a body is passed on",
            TEXT + " BLAME TERMINAL TOOLS NO-SPLICE",
            "if (texts.isAny() || calls.isAny()) {",
            "if (id == null) {"),
        of(
            "a chunk of another answer is one of this",
            TEXT + " BLAME TERMINAL TOOLS NO-SPLICE",
            "if (kin == ChatIdentity.Kin.SAME) {",
            "if (kin != null) {"),
        // Shapes of tool calls.
        of(
            "a fragment at the index of no call begins one",
            "TOOLS BLAME",
            "return there == null ? last : there;",
            "return there;"),
        of(
            "a second call at an index is more of the first",
            "TOOLS BLAME",
            "another = !(piece && there.arguments.isOpen() && fragment.name.equals(there.name));",
            "another = false;"),
        of(
            "arguments that are an object are not read",
            "TOOLS BLAME",
            "case Json.Obj object -> object.write();\n      case Json.Arr array -> array.write();\n      case null, default -> \"\";\n    };\n  }\n\n  // --",
            "case null, default -> \"\";\n    };\n  }\n\n  // --"),
        of(
            "an empty object that opens a call is its first piece",
            "TOOLS BLAME",
            "if (call.arguments.isBlank() && JsonDepth.isEmptyObject(arguments)) {",
            "if (call == null) {"),
        of(
            "a ping without data is a broken event",
            "BLAME",
            "return List.of(new Payload.KeepAlive(isPing(frame.type()) ? \"ping\" : \"empty\"));",
            "return broken(Cause.MALFORMED_FRAME, \"\");"),
        of(
            "an error of the type of a rejection is one after the answer began",
            "BLAME",
            "if (begun && judged.cause == Cause.REJECTED && isMislabelled(error, status)) {",
            "if (!begun && error == null) {"),
        of(
            "snapshots of arguments are taken for pieces",
            "TOOLS BLAME BUDGET",
            "    if (cumulative) {\n      String snapshot",
            "    if (cumulative && call == null) {\n      String snapshot"),
        of(
            "arguments that a limit cut before they began are an empty object",
            "TOOLS",
            ": isClosed(call) || isClosedBefore(call) ? null : early(call, CutReason.NOT_CLOSED);",
            ": null;"),
        of(
            "arguments that a limit cut are whole",
            "TOOLS",
            "case ENDS_EARLY -> disputed ? CutReason.SHARED_INDEX : early(call, CutReason.ENDS_EARLY);",
            "case ENDS_EARLY -> null;"),
        // Token ids.
        of(
            "a completion is believed to know tools",
            "TOOLS NO-GAP",
            "if (facts.tools()) {\n          yield \"tools are offered",
            "if (facts == null) {\n          yield \"tools are offered"),
        of(
            "a completion is read as the answer's start",
            TEXT + " NO-SPLICE",
            "if (rung == null) {\n          lane.streaming(attempt);",
            "if (rung == null || rung == Rung.TOKEN_IDS) {\n          lane.streaming(attempt);"),
        // Two attempts at once.
        of(
            "the loser of two attempts stays open",
            "CANCEL",
            "dropOther(context);\n      context.report(attempt, new AttemptResult.Content());",
            "context.report(attempt, new AttemptResult.Content());"),
        of("a stream is hedged again and again", "CANCEL BUDGET", "hedged = true;", ""),
        of(
            "a second attempt is made whatever the budget says",
            "BUDGET",
            "if (!upstream.isSpent() && !asked && standing.retryAllowed()",
            "if (!upstream.isSpent() && !asked"),
        // Events that are passed over, and several choices.
        of(
            "a call that may lack a fragment is handed on",
            "TOOLS",
            "if (gap != null && callsTools(answer)) {",
            "if (gap != null && answer == null) {"),
        of(
            "what is passed over is not told",
            "BLAME",
            "collector.warning(rejected.failure().cause());",
            ""),
        of(
            "several choices are continued like one",
            TEXT + " NO-SPLICE BLAME TERMINAL",
            "if (facts.choices() > 1 || delivered.otherChoices()) {",
            "if (facts == null) {"),
        // What it cost.
        of(
            "what no provider counted costs nothing",
            "TOKENS",
            "    long likely = tally.estimate(part);\n    if (rate == null) {",
            "    long likely = 0;\n    if (rate == null || likely == 0) {"),
        of(
            "a part that came again by replay is paid for twice",
            "TOKENS",
            "answer = next.answerTokens - lost;",
            "answer += next.answerTokens - lost;"),
        // Letting go.
        of(
            "a failed attempt stays open",
            "CANCEL LIVENESS",
            "context.add(new Action.CloseAttempt(attempt.number()));",
            ""),
        of(
            "a kept generation is never stopped",
            "CANCEL",
            "if (!over && isUsed.test(generation)) {",
            "if (!over) {"),
        of(
            "a consumer that leaves is not heard",
            "CANCEL LIVENESS",
            "stream.close(context, new Verdict.Cancelled(), null, null, List.of());",
            ""));
  }

  @Override
  public String toString() {
    return what;
  }
}
