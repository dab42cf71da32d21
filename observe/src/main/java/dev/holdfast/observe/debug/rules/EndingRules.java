package dev.holdfast.observe.debug.rules;

import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.observe.debug.facts.Facts;
import dev.holdfast.observe.debug.wire.WireEnd;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Why a stream that was well until then ended too early. */
final class EndingRules {
  static final List<DiagnosisRule> ALL =
      List.of(
          EndingRules::cancelled,
          EndingRules::stalled,
          EndingRules::doneWithoutFinish,
          EndingRules::proxyLimit,
          EndingRules::lost,
          EndingRules::truncated);

  private EndingRules() {}

  private static @Nullable Cause cause(Facts facts) {
    var failure = facts.exchange().failure();
    return failure == null ? null : failure.cause();
  }

  private static String progress(Facts facts) {
    var reading = facts.reading();
    return reading.contentFrames() == 0
        ? "no content had come"
        : Words.count(reading.contentFrames(), "event")
            + " of content had come, "
            + Words.count(reading.textChars(), "character")
            + " of text";
  }

  private static String silence(Facts facts) {
    return facts.pace().known()
        ? "silence before the end: " + Words.time(facts.pace().silenceAtEnd())
        : "";
  }

  static @Nullable Finding cancelled(Facts facts) {
    return facts.exchange().end() != WireEnd.CANCELLED || cause(facts) != Cause.CANCELLED
        ? null
        : Finding.of("cancelled", Culprit.DEBUGGER, "You ended it.")
            .seen(progress(facts), silence(facts));
  }

  private static @Nullable Finding stalled(Facts facts) {
    var exchange = facts.exchange();
    if (exchange.end() != WireEnd.TIMED_OUT || exchange.clock() == null) {
      return null;
    }
    long beats = facts.reading().heartbeats();
    // The signs of life of arrays and lines of JSON: white space.
    boolean blanks = facts.pace().lastByteAt() > facts.pace().lastContentAt();
    String alive =
        beats > 0
            ? Words.count(beats, "keep-alive") + " came meanwhile: something on the way lives"
            : blanks
                ? "blank bytes came meanwhile: something on the way lives"
                : "not even a keep-alive came";
    // Without a sign of life, both clocks of a body measure one silence.
    var clock =
        exchange.clock() == Cause.PROGRESS_TIMEOUT && beats == 0 && !blanks
            ? Cause.IDLE_TIMEOUT
            : exchange.clock();
    var finding =
        switch (clock) {
          case FIRST_TOKEN_TIMEOUT ->
              Finding.of(
                      "no-first-token",
                      Culprit.PROVIDER,
                      beats > 0
                          ? "The connection is kept alive, but the model does not begin."
                          : "The response began, and then nothing came.")
                  .seen(alive)
                  .change(
                      "a queue, a cold start, a very long prompt, or hidden reasoning: wait longer"
                          + " (--first-token SECONDS) to see which",
                      "self-hosted: is the model loaded, are slots free? (vLLM:"
                          + " vllm:num_requests_waiting; Ollama: ollama ps)");
          case PROGRESS_TIMEOUT ->
              Finding.of(
                      "dead-model",
                      Culprit.PROVIDER,
                      "Keep-alives come, but no content: a dead model, a live proxy.")
                  .seen(alive)
                  .change(
                      "a clock on bytes alone never finds this: your client needs one on content",
                      "continue or retry; self-hosted: see the engine's log at this moment");
          case DEADLINE_EXCEEDED ->
              Finding.of("deadline", Culprit.DEBUGGER, "The time you gave the debugger is over.")
                  .change("--max-time SECONDS, or 0 for no limit");
          default ->
              Finding.of(
                      "stall", Culprit.NETWORK, "The connection is up, but the stream fell silent.")
                  .seen(alive)
                  .change(
                      "a NAT or firewall that forgot the connection shows like this: TCP"
                          + " keep-alives below its limit (often 240 to 350 s)",
                      "a model that thinks in silence, too: let the server send keep-alives, and"
                          + " wait longer (--idle SECONDS) to see which");
        };
    return finding.seen(progress(facts), exchange.detail());
  }

  private static @Nullable Finding doneWithoutFinish(Facts facts) {
    if (cause(facts) != Cause.TRUNCATED || facts.reading().proof() != Proof.CLOSED_UNPROVEN) {
      return null;
    }
    String other = facts.answer().otherError();
    var finding =
        Finding.of(
                "done-without-finish",
                Culprit.PROVIDER,
                other.isEmpty()
                    ? "The closing marker came, but the answer never finished: no finish reason"
                        + " before it."
                    : "The closing marker came after an error, which is in a shape that is not the"
                        + " protocol's.")
            .seen(other.isEmpty() ? "" : "an event before the marker: " + other)
            .seen(progress(facts));
    return other.isEmpty()
        ? finding.change(
            "an engine that aborted, or a gateway that closes every stream with [DONE]: see their"
                + " logs at this moment",
            "a server that never sends a finish reason: set completion policy DONE_MARKER")
        : finding.change(
            "treat it as failed: ask again, and see the log of the server that wrote that event",
            "let the gateway write errors in the protocol's own shape, and no [DONE] after them",
            "do not take [DONE] for proof here: this server sends it after failures too");
  }

  private static boolean isCut(Facts facts) {
    Cause cause = cause(facts);
    return cause == Cause.CONNECTION_LOST || cause == Cause.TRUNCATED;
  }

  private static @Nullable Finding proxyLimit(Facts facts) {
    if (!isCut(facts) || !facts.pace().known()) {
      return null;
    }
    var pace = facts.pace();
    var silent = ProxyLimit.of(ProxyLimit.Kind.SILENCE, pace.silenceAtEnd(), facts.exchange());
    if (!silent.isEmpty()) {
      return idleLimit(facts, silent);
    }
    var exchange = facts.exchange();
    // A cut body cannot end properly, and a stream may by chance last as long as some proxy's
    // limit. So where HTTP's own end came, the time alone proves no culprit.
    var whole =
        exchange.end() == WireEnd.FRAMED
            ? ProxyLimit.shown(ProxyLimit.Kind.WHOLE, pace.sinceRequest(), exchange)
            : ProxyLimit.of(ProxyLimit.Kind.WHOLE, pace.sinceRequest(), exchange);
    if (whole.isEmpty()) {
      return null;
    }
    var finding =
        Finding.of(
                "proxy-total-timeout",
                Culprit.PROXY,
                "The stream was cut at the time that a proxy allows for a whole response: "
                    + names(whole)
                    + ".")
            .seen("cut " + Words.time(pace.sinceRequest()) + " after the request")
            .seen(progress(facts));
    for (ProxyLimit limit : whole) {
      finding = finding.change(limit.setting());
    }
    return finding;
  }

  /** {@return the finding for a silence whose length is a product's default} */
  static Finding idleLimit(Facts facts, List<ProxyLimit> limits) {
    var finding =
        Finding.of(
                "proxy-idle-timeout",
                Culprit.PROXY,
                "The stream was cut after a silence that is the default of " + names(limits) + ".")
            .seen(silence(facts), progress(facts))
            .seen(Words.header(facts.exchange(), "server"), Words.header(facts.exchange(), "via"));
    for (ProxyLimit limit : limits) {
      finding = finding.change(limit.setting());
    }
    return finding.change(
        "or let the server send an SSE comment (\": keep-alive\") every 15 s: every limit on the"
            + " way is then off your mind");
  }

  private static String names(List<ProxyLimit> limits) {
    return limits.stream().map(ProxyLimit::product).collect(Collectors.joining(" or "));
  }

  private static @Nullable Finding lost(Facts facts) {
    if (cause(facts) != Cause.CONNECTION_LOST) {
      return null;
    }
    var exchange = facts.exchange();
    boolean reset = exchange.end() == WireEnd.RESET;
    boolean broken = exchange.end() == WireEnd.NOT_HTTP;
    String how =
        reset
            ? "The connection was reset (RST) in the middle of the answer."
            : broken
                ? "The chunked encoding of the body is broken."
                : "The connection was closed (FIN) in the middle of the answer.";
    return Finding.of(
            reset ? "reset" : broken ? "broken-chunks" : "closed-early",
            broken ? Culprit.PROXY : Culprit.NETWORK,
            how)
        .seen(exchange.detail(), progress(facts), silence(facts))
        .seen(exchange.codingTrouble())
        .change(
            reset
                ? "a process that was killed (kubectl describe pod: OOMKilled), a restart, or a"
                    + " load balancer that forgot the connection"
                : "a server or proxy that was restarted or closed on purpose: deployments need"
                    + " connection draining (ALB deregistration_delay, Kubernetes"
                    + " terminationGracePeriodSeconds) longer than the longest answer",
            "run it again: the same time again and again is a timeout, the same place in the text"
                + " is the server, neither is the network",
            "your client should continue the answer, not hand on the part");
  }

  private static @Nullable Finding truncated(Facts facts) {
    if (cause(facts) != Cause.TRUNCATED) {
      return null;
    }
    var exchange = facts.exchange();
    boolean byClose = exchange.end() == WireEnd.FIN;
    return Finding.of(
            byClose ? "closed-without-proof" : "truncated",
            byClose ? Culprit.PROXY : Culprit.PROVIDER,
            byClose
                ? "The connection closed without the answer's end; the body has no length, so that"
                    + " a cut looks like an end."
                : "The body ended cleanly, but the answer did not: the protocol's proof of"
                    + " completion never came.")
        .seen(progress(facts), silence(facts))
        .seen(
            byClose
                ? "HTTP/"
                    + (exchange.head() == null ? "?" : exchange.head().version())
                    + " body without length and without chunks"
                : "")
        .change(
            byClose
                ? "nginx: proxy_http_version 1.1; so that bodies are chunked and cuts show"
                : "",
            "an engine that aborted, or a gateway that turned its upstream's failure into a clean"
                + " end: see their logs at this moment",
            "most clients take this for a complete answer; check for the finish reason yourself");
  }
}
