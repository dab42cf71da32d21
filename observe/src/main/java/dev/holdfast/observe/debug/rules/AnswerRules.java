package dev.holdfast.observe.debug.rules;

import dev.holdfast.core.provider.detect.DialectDetector;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.observe.debug.facts.Facts;
import dev.holdfast.observe.debug.tally.BodyReader;
import dev.holdfast.observe.debug.wire.Anomaly;
import dev.holdfast.observe.debug.wire.ObservedExchange;
import dev.holdfast.observe.debug.wire.Preview;
import dev.holdfast.observe.debug.wire.WireEnd;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Faults in the content of a 200 body. */
final class AnswerRules {
  static final List<DiagnosisRule> ALL =
      List.of(
          AnswerRules::page,
          AnswerRules::coding,
          AnswerRules::errorInStream,
          AnswerRules::document,
          AnswerRules::unknownProtocol,
          AnswerRules::outOfOrder,
          AnswerRules::splice,
          AnswerRules::limit,
          AnswerRules::invalidText,
          AnswerRules::malformedJson,
          AnswerRules::malformedFrame,
          AnswerRules::violation);

  private AnswerRules() {}

  private static boolean has(Facts facts, Cause cause) {
    var failure = facts.exchange().failure();
    return failure != null && failure.cause() == cause;
  }

  private static boolean isWhole(Facts facts) {
    return facts.exchange().failure() == null;
  }

  private static Finding of(Facts facts, String name, Culprit culprit, String summary) {
    var failure = facts.exchange().failure();
    return Finding.of(name, culprit, summary).seen(failure == null ? "" : failure.detail());
  }

  private static @Nullable Finding page(Facts facts) {
    if (isWhole(facts) || !StatusRules.isPage(facts.exchange())) {
      return null;
    }
    return Finding.of(
            "web-page", Culprit.PROXY, "A web page came in place of the stream, with status 200.")
        .seen(
            Words.header(facts.exchange(), "content-type"),
            Words.header(facts.exchange(), "server"),
            "it begins: " + facts.exchange().bodyStart().strip())
        .change(
            "check the base URL: it leads to a web site, a login, or a proxy's error page",
            "a captive portal or single sign-on on the way answers so: use an address that takes"
                + " keys");
  }

  private static @Nullable Finding coding(Facts facts) {
    var exchange = facts.exchange();
    boolean readable = exchange.codingTrouble().isEmpty() && facts.reading().frames() > 0;
    if (!has(facts, Cause.MALFORMED_FRAME) || exchange.coding().isEmpty() || readable) {
      return null;
    }
    boolean damaged = !exchange.codingTrouble().isEmpty();
    Boolean asked = Codings.asked(exchange);
    boolean undeclared = facts.count(Anomaly.UNDECLARED_COMPRESSION) > 0;
    String summary =
        "The body is compressed with "
            + Codings.words(exchange.coding())
            + (damaged
                ? ", and damaged."
                : undeclared
                    ? ", and no header declares it: no client can read it."
                    : asked == null
                        ? "."
                        : asked
                            ? ", as the request allows."
                            : ", which the request did not allow.");
    return of(
            facts,
            "compression",
            Boolean.TRUE.equals(asked) && !damaged ? Culprit.REQUEST : Culprit.PROXY,
            summary)
        .seen(
            Words.header(exchange, "content-encoding"),
            Codings.request(exchange),
            exchange.codingTrouble(),
            damaged ? "" : "the debugger reads gzip and deflate only, so its content is not known")
        .change(
            Boolean.TRUE.equals(asked)
                ? "ask for no compression: leave -H 'Accept-Encoding: ...' out here, and in your"
                    + " client send Accept-Encoding: identity"
                : "send Accept-Encoding: identity; a proxy that compresses all the same needs"
                    + " Cache-Control: no-transform on the response",
            Codings.settings(exchange.coding()),
            "in a stream compression saves little and holds events back until a block is full");
  }

  private static @Nullable Finding errorInStream(Facts facts) {
    var error = facts.reading().error();
    if (error == null || isWhole(facts) || error.cause() == Cause.PROTOCOL_VIOLATION) {
      return null;
    }
    var finding =
        switch (error.cause()) {
          case RATE_LIMITED ->
              Finding.of(
                      "rate-limit-in-stream",
                      Culprit.ACCOUNT,
                      "The provider began with status 200 and then sent: too many requests.")
                  .change("wait and ask again; cap requests at the same time in your client");
          case OVERLOADED ->
              Finding.of(
                      "overload-in-stream",
                      Culprit.PROVIDER,
                      "The provider ran out of capacity after it had begun with status 200.")
                  .change("continue or retry with backoff; fail over to another provider");
          case REJECTED -> rejectedInStream(error);
          default ->
              Finding.of(
                      "error-in-stream",
                      Culprit.PROVIDER,
                      "The provider failed after it had begun with status 200.")
                  .change("continue or retry; if it stays, ask the provider's support");
        };
    return finding
        .seen("its words: " + Preview.of(BodyReader.headline(error)))
        .seen(
            facts.reading().contentFrames() > 0
                ? "after " + Words.count(facts.reading().contentFrames(), "event") + " of content"
                : "before any content")
        .change(
            "a client that looks at the status alone takes this for success: read errors inside"
                + " the stream too");
  }

  private static Finding rejectedInStream(Failure error) {
    var provider = error.provider().orElse(null);
    String code =
        provider == null ? "" : (provider.type() + " " + provider.code()).toLowerCase(Locale.ROOT);
    if (StatusRules.isOverRateLimit(error)) {
      return StatusRules.overRateLimit(
          Finding.of("request-over-rate-limit", Culprit.REQUEST, StatusRules.OVER_RATE_LIMIT));
    }
    if (code.contains("quota") || code.contains("billing") || code.contains("balance")) {
      return StatusRules.quotaFinding(Finding.of("quota", Culprit.ACCOUNT, StatusRules.QUOTA));
    }
    if (code.contains("auth") || code.contains("api_key") || code.contains("permission")) {
      return Finding.of("auth", Culprit.ACCOUNT, "The provider does not accept the key.")
          .change("check the key, and that it is this provider's");
    }
    return Finding.of(
            "rejected-in-stream",
            Culprit.REQUEST,
            "The provider began with status 200 and then refused the request.")
        .change("read its words and change the request; the same request will fail again");
  }

  private static @Nullable Finding document(Facts facts) {
    var exchange = facts.exchange();
    String start = exchange.bodyStart().strip();
    boolean nothing = facts.reading().contentFrames() == 0 && facts.reading().error() == null;
    if (facts.reading().document() && facts.reading().contentFrames() > 0) {
      return isWhole(facts) ? null : oneDocument(facts);
    }
    if (isWhole(facts) || !nothing || !isEnd(exchange)) {
      return null;
    }
    if (start.isEmpty() && facts.pace().bodyBytes() == 0) {
      return Finding.of("empty-body", Culprit.PROXY, "Status 200, and not a byte of a body.")
          .seen(Words.header(exchange, "content-length"), Words.header(exchange, "content-type"))
          .change(
              "a gateway that turns its upstream's failure into an empty success shows like this:"
                  + " see its log, or go to the provider directly");
    }
    boolean whole =
        start.contains("\"message\"")
            || start.contains("chat.completion\"")
            || start.contains("\"type\":\"message\"")
            || start.contains("\"output\"");
    boolean declared = exchange.header("content-type").contains("json");
    boolean json = start.startsWith("{") && facts.reading().heartbeats() == 0;
    return json && (whole || declared) ? oneDocument(facts) : null;
  }

  /** {@return the finding about an answer that came as one document} */
  static Finding oneDocument(Facts facts) {
    var exchange = facts.exchange();
    boolean asked = exchange.target() == null || exchange.target().asksForStream();
    return Finding.of(
            "not-a-stream",
            asked ? Culprit.PROXY : Culprit.REQUEST,
            "One JSON document came in place of a stream.")
        .seen(
            Words.header(exchange, "content-type"),
            "it begins: " + Preview.of(exchange.bodyStart().strip()))
        .change(
            asked
                ? "something on the way dropped \"stream\": true, or the model cannot stream"
                : "the request does not ask for a stream: add \"stream\": true to the body");
  }

  private static @Nullable Finding unknownProtocol(Facts facts) {
    var reading = facts.reading();
    if (isWhole(facts) || !reading.isUnknown() || reading.contentFrames() > 0) {
      return null;
    }
    return Finding.of(
            "unknown-protocol",
            Culprit.REQUEST,
            "The body is in a protocol that Holdfast does not know, so its end proves nothing.")
        .seen(
            "what came: " + Preview.of(reading.reason()),
            "looked for: " + DialectDetector.LOOKED_FOR,
            "it begins: " + Preview.of(facts.exchange().bodyStart().strip()))
        .change(
            "check the address: another path of the same provider may speak a known protocol",
            "where it should be a known protocol in disguise: --dialect ID reads it as that");
  }

  private static boolean isEnd(ObservedExchange exchange) {
    return exchange.end() == WireEnd.FRAMED
        || exchange.end() == WireEnd.FIN
        || exchange.end() == WireEnd.UNKNOWN;
  }

  /** Only Responses counts its events and repeats its text. */
  private static @Nullable Finding outOfOrder(Facts facts) {
    var error = facts.reading().error();
    boolean counted = facts.reading().dialect().equals("openai-responses");
    if (!counted
        || !has(facts, Cause.PROTOCOL_VIOLATION)
        || error == null
        || error.detail().contains(" for another id ")) { // A second answer, not a lost event.
      return null;
    }
    return of(
            facts,
            "events-out-of-order",
            Culprit.PROXY,
            "Events were lost, doubled or swapped on the way: their numbers do not follow, and the"
                + " text at the end is another one.")
        .change(
            "go to the provider directly, or around each proxy in turn, until the numbers follow",
            "a gateway that reads events with several threads, drops what it cannot read, or sends"
                + " again after a timeout of its own is the likely place");
  }

  private static @Nullable Finding splice(Facts facts) {
    var error = facts.reading().error();
    if (!has(facts, Cause.PROTOCOL_VIOLATION) || error == null) {
      return null;
    }
    return of(
            facts,
            "spliced-answers",
            Culprit.PROXY,
            "Two answers were spliced into one stream: a second message begins inside the first.")
        .change(
            "switch off retries after the first byte in the gateway that splices (LiteLLM:"
                + " num_retries: 0; Envoy: no retry_on for streams), or go to the provider directly");
  }

  private static @Nullable Finding limit(Facts facts) {
    if (!has(facts, Cause.LIMIT_EXCEEDED)) {
      return null;
    }
    String limitName = facts.reading().limit();
    if (limitName.isEmpty()) {
      return of(
              facts,
              "endless-stream",
              Culprit.PROVIDER,
              "The answer had not ended when the debugger had read as much as it may.")
          .seen(Words.bytes(facts.pace().bodyBytes()) + " of body")
          .change(
              "a model in a loop: set max_tokens, and a repetition or frequency penalty",
              "if answers are that long: --max-bytes N");
    }
    return of(facts, "endless-line", Culprit.PROVIDER, "A line or an event grew past 16 MiB.")
        .seen(Words.bytes(facts.pace().bodyBytes()) + " of body")
        .change(
            "not an event stream, or a server that never ends a line: see what the body begins"
                + " with",
            "a client without a limit dies of it: bound lines and events",
            "images by event can be large: ask for a URL in place of base64");
  }

  private static @Nullable Finding invalidText(Facts facts) {
    boolean malformed = has(facts, Cause.MALFORMED_FRAME) || has(facts, Cause.MALFORMED_JSON);
    if (!malformed || facts.count(Anomaly.INVALID_UTF8) == 0) {
      return null;
    }
    return of(facts, "invalid-utf8", Culprit.PROXY, "An event holds bytes that are no UTF-8.")
        .seen(Words.count(facts.count(Anomaly.INVALID_UTF8), "damaged event"))
        .change(
            "a proxy that decodes each chunk by itself breaks characters between two chunks:"
                + " decode with one decoder per stream, or pass bytes through",
            "self-hosted: update the server; token pieces that are half a character must be"
                + " joined before they are sent");
  }

  private static @Nullable Finding malformedJson(Facts facts) {
    if (!has(facts, Cause.MALFORMED_JSON)) {
      return null;
    }
    return of(
            facts,
            "malformed-json",
            Culprit.PROVIDER,
            "A well-framed event holds something that is not the JSON it must be.")
        .seen(Words.count(facts.reading().parseErrors(), "event") + " that cannot be read")
        .change(
            "see the event above: cut JSON with the next event glued to it means that a decoder"
                + " was reused over a reconnect somewhere on the way",
            "plain text there is a server's own error: see its log",
            "treat it as a cut; to skip it is to lose text in silence");
  }

  private static @Nullable Finding malformedFrame(Facts facts) {
    if (!has(facts, Cause.MALFORMED_FRAME)) {
      return null;
    }
    return of(
            facts,
            "malformed-frame",
            Culprit.PROXY,
            "Something in the body is not what the framing allows.")
        .seen(
            facts.count(Anomaly.UNKNOWN_FIELD) > 0
                ? Words.count(facts.count(Anomaly.UNKNOWN_FIELD), "line")
                    + " with a field that SSE does not know"
                : "")
        .change(
            "see the frame above: a damaged field name, or text that was never an event",
            "a proxy that rewrites the stream must pass it through byte for byte");
  }

  private static @Nullable Finding violation(Facts facts) {
    return has(facts, Cause.PROTOCOL_VIOLATION)
        ? of(
                facts,
                "protocol-violation",
                Culprit.PROVIDER,
                "Every frame is well formed, but their order or shape is forbidden.")
            .change(
                "compare with the provider's reference; a clone or a gateway is the usual reason")
        : null;
  }
}
