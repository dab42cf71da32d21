package dev.holdfast.observe.debug.rules;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.observe.debug.facts.Bursts;
import dev.holdfast.observe.debug.facts.Facts;
import dev.holdfast.observe.debug.facts.Pace;
import dev.holdfast.observe.debug.wire.Anomaly;
import dev.holdfast.observe.debug.wire.BodyFraming;
import dev.holdfast.observe.debug.wire.Preview;
import dev.holdfast.observe.debug.wire.WireEnd;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is worth knowing of a stream, whole or not. In order of weight. */
final class DeliveryRules {
  static final List<DiagnosisRule> ALL =
      List.of(
          DeliveryRules::buffered,
          DeliveryRules::compressed,
          DeliveryRules::contentType,
          DeliveryRules::oldHttp,
          DeliveryRules::keptOpen,
          DeliveryRules::slowFirstToken,
          DeliveryRules::slow,
          DeliveryRules::cutByLimit,
          DeliveryRules::filtered,
          DeliveryRules::contentAfterEnd,
          DeliveryRules::document,
          DeliveryRules::warned,
          DeliveryRules::missingDone,
          DeliveryRules::glued,
          DeliveryRules::repeated,
          DeliveryRules::bothLengths);

  /** How to keep compressors away from streams. */
  static final String COMPRESSION =
      "nginx: gzip off; in the location, or leave text/event-stream out of gzip_types; Express:"
          + " a filter in compression(); Cloudflare: a rule that turns compression off";

  private static final long SECOND = 1_000_000_000;

  /** Intervals vary no more than this where a clock makes them. */
  private static final double REGULAR = 0.3;

  /** A pause of so many usual gaps stands out. */
  private static final long MANY_GAPS = 10;

  private static final String USUAL = "usual: one event at a time, some 10 to 100 ms apart";

  private DeliveryRules() {}

  private static boolean isSuccess(Facts facts) {
    var head = facts.exchange().head();
    return head == null || head.isSuccess();
  }

  /**
   * Many events at once: an intermediary collected them. No model writes a whole answer within
   * milliseconds; one long wait before a burst may be the model's own. A second one is a buffer, as
   * is a declared length or a clock that sends bursts.
   */
  private static @Nullable Finding buffered(Facts facts) {
    var pace = facts.pace();
    var bursts = pace.bursts();
    var exchange = facts.exchange();
    long frames = facts.reading().contentFrames();
    if (!pace.known() || bursts.count() == 0) {
      return null;
    }
    long wait = pace.firstContentAt() - Math.max(0, pace.requestAt());
    long took = pace.lastContentAt() - pace.firstContentAt();
    // The fastest models write a token in half a millisecond.
    boolean atOnce =
        bursts.count() == 1
            && frames >= 10
            && wait >= SECOND / 2
            && took <= Math.max(wait / 20, SECOND / 50)
            && took <= (frames + 20) * (SECOND / 2000);
    boolean late =
        frames >= 20
            && frames / bursts.count() >= 10
            && bursts.slow() > 0
            && (bursts.slow() >= 2 || exchange.framing() == BodyFraming.LENGTH);
    boolean regular =
        frames >= 20
            && (areMany(frames, pace)
                || (bursts.count() >= 4
                    && areBursts(frames, bursts)
                    && bursts.variation() <= REGULAR));
    if (!atOnce && !late && !regular) {
      return tooFew(facts, frames, wait, took);
    }
    String came = Words.count(frames, "event") + " of content came ";
    String when =
        atOnce
            ? came + "within " + Words.time(took) + ", " + Words.time(wait) + " after the request"
            : late
                ? came
                    + "in "
                    + Words.count(bursts.count(), "burst")
                    + ", "
                    + Words.count(bursts.slow(), "time")
                    + " after a second or more of silence"
                : came
                    + "in "
                    + Words.count(bursts.count(), "burst")
                    + " of about "
                    + Math.round((double) frames / bursts.count())
                    + ", one every "
                    + Words.time(bursts.intervalNanos());
    return Finding.of(
            "buffered",
            Culprit.PROXY,
            atOnce
                ? "The whole answer came at once: something on the way collects it before it"
                    + " sends it."
                : "Something on the way collects events before it sends them.")
        .seen(
            when,
            USUAL,
            Words.header(exchange, "server"),
            Words.header(exchange, "via"),
            regular && !late
                ? "a model that writes several tokens in one step (speculative decoding) sends"
                    + " such bursts itself, of 2 to 5 events"
                : "",
            exchange.framing() == BodyFraming.LENGTH
                ? "the body has a Content-Length: it was whole before it was sent"
                : "",
            exchange.roundChunks() > 0
                ? exchange.roundChunks()
                    + " of "
                    + Words.count(exchange.httpChunks(), "chunk")
                    + " have the size of a buffer, a multiple of 1024 bytes"
                : "")
        .change(
            "nginx: proxy_buffering off; or the response header X-Accel-Buffering: no",
            "Apache: ProxyPass ... flushpackets=on; IIS/ARR: responseBufferLimit=\"0\"",
            "Azure API Management: <forward-request buffer-response=\"false\" />",
            "AWS: API Gateway REST and ALB with Lambda collect unless response streaming is on",
            "compression collects too: Cache-Control: no-transform on the response",
            "your own server: flush after every event (Python WSGI servers and some middleware"
                + " do not)");
  }

  /**
   * {@return whether there are some three events to a burst, or two at an interval that is long for
   * a model; the last burst may be a part of one}
   */
  private static boolean areBursts(long frames, Bursts bursts) {
    long interval = bursts.intervalNanos();
    return 2 * frames >= 5 * bursts.count()
        ? interval >= SECOND / 10
        : 4 * frames >= 7 * bursts.count() && interval >= SECOND / 5;
  }

  /**
   * {@return whether so many events came in one read, again and again, that no clock is needed to
   * accuse a buffer} A fast model that pauses fills more reads.
   */
  private static boolean areMany(long frames, Pace pace) {
    var bursts = pace.bursts();
    return bursts.count() >= 3
        && frames >= 10 * bursts.count()
        && pace.chunks().count() <= 2 * bursts.count()
        && bursts.intervalNanos() >= SECOND / 4;
  }

  /** A short answer that came at once: a buffer and a fast model look alike. */
  private static @Nullable Finding tooFew(Facts facts, long frames, long wait, long took) {
    boolean atOnce =
        facts.pace().bursts().count() == 1
            && frames >= 3
            && frames < 10
            && wait >= SECOND
            && took <= (frames + 20) * (SECOND / 2000);
    return atOnce
        ? Finding.of(
                "short-at-once",
                Culprit.NONE,
                "The few events of this answer came at once: a buffer on the way, or a fast model.")
            .seen(
                Words.count(frames, "event")
                    + " of content came within "
                    + Words.time(took)
                    + ", "
                    + Words.time(wait)
                    + " after the request",
                USUAL,
                Words.header(facts.exchange(), "server"))
            .change("ask for an answer of a hundred words or more: it shows which of them it is")
        : null;
  }

  private static @Nullable Finding compressed(Facts facts) {
    boolean undeclared = facts.count(Anomaly.UNDECLARED_COMPRESSION) > 0;
    if ((facts.count(Anomaly.COMPRESSED) == 0 && !undeclared) || !isSuccess(facts)) {
      return null;
    }
    var exchange = facts.exchange();
    Boolean asked = Codings.asked(exchange);
    String what = "The stream is compressed with " + Codings.words(exchange.coding());
    return Finding.of(
            "compressed",
            Boolean.TRUE.equals(asked) ? Culprit.REQUEST : Culprit.PROXY,
            exchange.head() == null
                ? what + "; the input holds no header that could declare it."
                : undeclared
                    ? what + ", and no header declares it: no client can read it."
                    : asked == null
                        ? what + "."
                        : asked
                            ? what + ", as the request allows."
                            : what + ", which the request did not allow.")
        .seen(Words.header(exchange, "content-encoding"), Codings.request(exchange))
        .change(
            "a compressor collects events, and clients that do not expect it read garbage",
            COMPRESSION);
  }

  private static @Nullable Finding document(Facts facts) {
    return facts.exchange().failure() == null && facts.reading().document()
        ? AnswerRules.oneDocument(facts)
        : null;
  }

  /** What the engine warns of that has no finding of its own. */
  private static @Nullable Finding warned(Facts facts) {
    var details =
        facts.reading().warnings().stream()
            .filter(warned -> warned.cause() != Cause.MISSING_DONE)
            .filter(warned -> !facts.reading().document())
            .map(warned -> warned.cause().id() + ": " + Preview.of(warned.detail()))
            .toArray(String[]::new);
    return facts.exchange().failure() != null || details.length == 0
        ? null
        : Finding.of(
                "warned",
                Culprit.PROVIDER,
                "The answer is complete, but something about it is not as its protocol has it.")
            .seen(details)
            .change(
                "let the server or gateway write what the protocol demands; stricter clients may"
                    + " fail on this body");
  }

  private static @Nullable Finding contentType(Facts facts) {
    var head = facts.exchange().head();
    if (head == null
        || !head.isSuccess()
        || facts.reading().frames() == 0
        || facts.reading().document()
        || facts.reading().isUnknown()) {
      return null;
    }
    String due =
        switch (facts.reading().dialect()) {
          case "ollama-chat", "ollama-generate" -> "application/x-ndjson";
          case "gemini-json-array" -> "application/json";
          case "bedrock-converse", "bedrock-invoke" -> "application/vnd.amazon.eventstream";
          default -> "text/event-stream";
        };
    String type = head.mediaType();
    if (type.equals(due) || (due.endsWith("ndjson") && type.contains("json"))) {
      return null;
    }
    return Finding.of(
            "wrong-content-type",
            Culprit.PROXY,
            "The body is a stream, but its content type names another.")
        .seen(
            type.isEmpty() ? "no Content-Type" : "Content-Type: " + Preview.of(type), "due: " + due)
        .change(
            "let the server send Content-Type: " + due,
            "browsers' EventSource and some SDKs refuse any other; proxies buffer and compress it");
  }

  private static @Nullable Finding oldHttp(Facts facts) {
    var head = facts.exchange().head();
    if (head == null || !head.version().equals("1.0")) {
      return null;
    }
    return Finding.of(
            "http-1.0",
            Culprit.PROXY,
            "The response is HTTP/1.0: without chunks, so that a cut looks like the end.")
        .seen(Words.header(facts.exchange(), "server"), Words.header(facts.exchange(), "via"))
        .change(
            "nginx: proxy_http_version 1.1; and proxy_set_header Connection \"\";",
            "Python's http.server: protocol_version = \"HTTP/1.1\"");
  }

  private static @Nullable Finding keptOpen(Facts facts) {
    return facts.exchange().end() != WireEnd.LINGERED || !isSuccess(facts)
        ? null
        : Finding.of(
                "kept-open",
                Culprit.PROVIDER,
                "The answer is proven complete, but the server does not end the body.")
            .seen("nothing came for " + Words.time(facts.pace().silenceAtEnd()))
            .change(
                "clients that wait for the end of the body hang here: stop at the proof of"
                    + " completion",
                "the server must end the response after its last event");
  }

  private static @Nullable Finding slowFirstToken(Facts facts) {
    var pace = facts.pace();
    long wait = pace.firstContentAt() - Math.max(0, pace.requestAt());
    if (!pace.known() || pace.firstContentAt() < 0 || wait < 5 * SECOND) {
      return null;
    }
    return Finding.of("slow-first-token", Culprit.PROVIDER, "The first token took long to come.")
        .seen(
            Words.time(wait)
                + " from the request; usual: 0.3 to 3 s, with hidden reasoning up to a minute",
            facts.reading().heartbeats() > 0
                ? Words.count(facts.reading().heartbeats(), "keep-alive") + " came meanwhile"
                : "no keep-alive came meanwhile: proxies on the way count this as idle")
        .change("long prompt, queue, cold start or hidden reasoning; see the provider's dashboard");
  }

  private static @Nullable Finding slow(Facts facts) {
    var pace = facts.pace();
    long silence = pace.gaps().max();
    long usual = pace.contentGaps().p50();
    boolean standsOut = silence >= 3 * SECOND && silence >= MANY_GAPS * usual;
    if (!pace.known() || pace.contentGaps().count() < 3 || (!standsOut && silence < 10 * SECOND)) {
      return null;
    }
    return Finding.of("long-silence", Culprit.PROVIDER, "The stream fell silent and continued.")
        .seen(
            Words.time(silence)
                + " of silence, "
                + Words.time(pace.longestGapAt())
                + " into the exchange; usual in this stream: "
                + Words.time(usual)
                + " between events")
        .change(
            "idle limits below this cut it elsewhere: nginx and ALB 60 s, Heroku 55 s, Cloudflare"
                + " 100 s",
            "a stall within an answer is the model's server: preemption, a full queue, a tool"
                + " call on its side");
  }

  private static @Nullable Finding cutByLimit(Facts facts) {
    boolean length =
        facts.reading().finishes().values().stream()
            .anyMatch(finish -> finish.reason() == Finish.Reason.LENGTH);
    return length && !AnswerNotes.isContextWindow(AnswerNotes.finish(facts))
        ? Finding.of(
                "token-limit",
                Culprit.REQUEST,
                "The stream is whole, but a token limit cut the text.")
            .seen("finish: " + Preview.of(facts.reading().finish()))
            .change("raise max_tokens (or max_completion_tokens), or ask for less")
        : null;
  }

  private static @Nullable Finding filtered(Facts facts) {
    boolean filtered =
        facts.reading().finishes().values().stream()
            .anyMatch(finish ->
                finish.reason() == Finish.Reason.CONTENT_FILTER
                    || finish.reason() == Finish.Reason.REFUSAL);
    return filtered
        ? Finding.of(
                "filtered",
                Culprit.PROVIDER,
                "The model refused, or a content filter cut the answer.")
            .seen("finish: " + Preview.of(facts.reading().finish()))
            .change("change the prompt; on Azure: the deployment's content filter")
        : null;
  }

  private static @Nullable Finding contentAfterEnd(Facts facts) {
    return facts.count(Anomaly.CONTENT_AFTER_END) == 0
        ? null
        : Finding.of("content-after-end", Culprit.PROXY, "Content came after the closing marker.")
            .change("clients stop at the marker and lose it: report it to the gateway's operator");
  }

  private static @Nullable Finding missingDone(Facts facts) {
    return facts.exchange().failure() == null && facts.exchange().missingDone()
        ? Finding.of(
                "missing-done",
                Culprit.PROVIDER,
                "The answer is complete by its proof, but the closing marker never came.")
            .seen("finish: " + Preview.of(facts.reading().finish()))
            .change("none is needed; a client that waits for the marker hangs or complains wrongly")
        : null;
  }

  private static @Nullable Finding glued(Facts facts) {
    return facts.count(Anomaly.GLUED_EVENTS) == 0
        ? null
        : Finding.of(
                "glued-events",
                Culprit.PROVIDER,
                "Blank lines between events are missing: several documents are in one event.")
            .seen(Words.count(facts.count(Anomaly.GLUED_EVENTS), "such event"))
            .change("Holdfast reads them; SDKs that parse an event as one JSON value do not");
  }

  private static @Nullable Finding repeated(Facts facts) {
    long twice = facts.count(Anomaly.REPEATED_EVENT);
    long frames = facts.reading().frames();
    if (twice == 0) {
      return null;
    }
    // A frame or two that end the answer may come once; one event again and again is no replay.
    boolean every = twice >= 3 && 2 * twice >= frames - 2 && 2 * twice <= frames;
    return Finding.of(
            "repeated-event",
            every ? Culprit.PROXY : Culprit.NONE,
            every
                ? "Every event came twice in a row, to the byte: something on the way sends each"
                    + " one again."
                : "An event came twice in a row, to the byte: a repeated token, or a duplicate.")
        .seen(
            twice
                + " of "
                + Words.count(frames, "event")
                + (twice == 1 ? " equals" : " equal")
                + " the one before; usual: none, or a few blanks and punctuation marks")
        .change("if text is doubled: a gateway on the way replays what it sent");
  }

  private static @Nullable Finding bothLengths(Facts facts) {
    return facts.count(Anomaly.LENGTH_AND_CHUNKED) == 0
        ? null
        : Finding.of(
                "length-and-chunked",
                Culprit.PROXY,
                "The response has both a Content-Length and chunked encoding.")
            .change("a way to smuggle responses: the proxy that adds the length must drop it");
  }
}
