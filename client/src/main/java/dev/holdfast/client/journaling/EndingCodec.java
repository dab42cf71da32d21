package dev.holdfast.client.journaling;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonObjectBuilder;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.RungRefusal;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.core.stream.Waste;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/** The facts of an outcome as one JSON object, and back. */
final class EndingCodec {
  private EndingCodec() {}

  /** {@return how readers of the journal see the end} The detail is the id of the cause. */
  static JournalEnd end(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Complete() -> JournalEnd.of(JournalEnd.Kind.COMPLETE);
      case Verdict.Truncated(Cause cause) -> new JournalEnd(JournalEnd.Kind.TRUNCATED, cause.id());
      case Verdict.Failed(Cause cause) -> new JournalEnd(JournalEnd.Kind.FAILED, cause.id());
      case Verdict.Cancelled() -> new JournalEnd(JournalEnd.Kind.CANCELLED, Cause.CANCELLED.id());
    };
  }

  static ByteBuffer write(StoredEnding stored) {
    var ending = stored.ending();
    var to = JsonObjectBuilder.of("verdict", ending.verdict().name());
    causeOf(ending.verdict()).ifPresent(cause -> to.text("cause", cause.id()));
    ending.failure().ifPresent(failure -> to.put("failure", FactsCodec.failure(failure)));
    ending.stoppedBy().ifPresent(cause -> to.text("stoppedBy", cause.id()));
    to.text("exactness", ending.exactness().name());
    to.put(
        "finishes",
        FactsCodec.list(
            List.copyOf(ending.finishes().entrySet()),
            finish ->
                new JsonObjectBuilder()
                    .number("choice", finish.getKey())
                    .put("finish", FactsCodec.finish(finish.getValue()))));
    to.put("toolCalls", FactsCodec.list(ending.toolCalls(), FactsCodec::call));
    ending.usage().ifPresent(usage -> to.put("usage", FactsCodec.usage(usage)));
    to.put("waste", waste(ending.waste()));
    to.put("attempts", FactsCodec.list(ending.attempts(), EndingCodec::attempt));
    to.put("seams", FactsCodec.list(ending.seams(), FactsCodec::seam));
    to.put(
        "warnings",
        FactsCodec.list(ending.warnings(), cause -> JsonObjectBuilder.of("cause", cause.id())));
    to.put(
        "refusals",
        FactsCodec.list(
            ending.refusals(),
            refusal ->
                JsonObjectBuilder.of("upstream", refusal.upstream())
                    .text("rung", refusal.rung().name())
                    .text("rule", refusal.rule())));
    stored.firstToken().ifPresent(time -> to.text("firstToken", time.toString()));
    to.text("total", stored.total().toString());
    return EventCodec.bytes(to);
  }

  /**
   * {@return the facts of a payload}
   *
   * @throws RuntimeException if it has none; the message quotes no content
   */
  static StoredEnding read(ByteBuffer payload) {
    var from = EventCodec.parsed(payload);
    var failure = from.object("failure");
    var usage = from.object("usage");
    var finishes = new TreeMap<Integer, Finish>();
    for (var entry : FactsCodec.list(from, "finishes", finish -> finish)) {
      finishes.put(
          FactsCodec.whole(entry, "choice"), FactsCodec.finish(FactsCodec.member(entry, "finish")));
    }
    var ending =
        Ending.builder()
            .verdict(verdict(from))
            .failure(failure == null ? null : FactsCodec.failure(failure))
            .stoppedBy(from.has("stoppedBy") ? FactsCodec.cause(from.text("stoppedBy")) : null)
            .exactness(Exactness.valueOf(from.text("exactness")))
            .finishes(finishes)
            .toolCalls(FactsCodec.list(from, "toolCalls", FactsCodec::call))
            .usage(usage == null ? null : FactsCodec.usage(usage))
            .waste(waste(FactsCodec.member(from, "waste")))
            .attempts(FactsCodec.list(from, "attempts", EndingCodec::attempt))
            .seams(FactsCodec.list(from, "seams", FactsCodec::seam))
            .warnings(
                FactsCodec.list(
                    from, "warnings", warning -> FactsCodec.cause(warning.text("cause"))))
            .refusals(
                FactsCodec.list(
                    from,
                    "refusals",
                    refusal ->
                        new RungRefusal(
                            refusal.text("upstream"),
                            Rung.valueOf(refusal.text("rung")),
                            refusal.text("rule"))))
            .build();
    return new StoredEnding(
        ending,
        Optional.ofNullable(FactsCodec.duration(from, "firstToken")),
        Objects.requireNonNullElse(FactsCodec.duration(from, "total"), Duration.ZERO));
  }

  private static Optional<Cause> causeOf(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Complete() -> Optional.empty();
      case Verdict.Truncated(Cause cause) -> Optional.of(cause);
      case Verdict.Failed(Cause cause) -> Optional.of(cause);
      case Verdict.Cancelled() -> Optional.empty();
    };
  }

  private static Verdict verdict(Json.Obj from) {
    return switch (from.text("verdict")) {
      case "COMPLETE" -> new Verdict.Complete();
      case "CANCELLED" -> new Verdict.Cancelled();
      case "TRUNCATED" -> new Verdict.Truncated(FactsCodec.cause(from.text("cause")));
      case "FAILED" -> new Verdict.Failed(FactsCodec.cause(from.text("cause")));
      default -> throw new IllegalArgumentException("entry: must have a verdict, was another word");
    };
  }

  private static JsonObjectBuilder waste(Waste waste) {
    return new JsonObjectBuilder()
        .number("characters", waste.characters())
        .number("tokens", waste.tokens())
        .number("promptTokens", waste.promptTokens());
  }

  private static Waste waste(Json.Obj from) {
    return new Waste(
        from.number("characters", 0), from.number("tokens", 0), from.number("promptTokens", 0));
  }

  private static JsonObjectBuilder attempt(AttemptReport attempt) {
    var to =
        new JsonObjectBuilder()
            .number("number", attempt.number())
            .text("upstream", attempt.upstream())
            .number("startNanos", attempt.startNanos())
            .number("endNanos", attempt.endNanos())
            .number("bytes", attempt.bytes())
            .number("events", attempt.events())
            .put("waste", waste(attempt.waste()))
            .text("profile", attempt.profile())
            .text("requestId", attempt.requestId());
    attempt.rung().ifPresent(rung -> to.text("rung", rung.name()));
    attempt.firstTokenNanos().ifPresent(nanos -> to.number("firstTokenNanos", nanos));
    attempt.httpStatus().ifPresent(status -> to.number("status", status));
    attempt.usage().ifPresent(usage -> to.put("usage", FactsCodec.usage(usage)));
    attempt.failure().ifPresent(failure -> to.put("failure", FactsCodec.failure(failure)));
    return to;
  }

  private static AttemptReport attempt(Json.Obj from) {
    var usage = from.object("usage");
    var failure = from.object("failure");
    return AttemptReport.builder()
        .number(FactsCodec.whole(from, "number"))
        .upstream(from.text("upstream"))
        .rung(from.has("rung") ? Rung.valueOf(from.text("rung")) : null)
        .startNanos(from.number("startNanos", 0))
        .firstTokenNanos(from.number("firstTokenNanos", -1))
        .endNanos(from.number("endNanos", 0))
        .httpStatus(FactsCodec.whole(from, "status"))
        .bytes(from.number("bytes", 0))
        .events(from.number("events", 0))
        .usage(usage == null ? null : FactsCodec.usage(usage))
        .waste(waste(FactsCodec.member(from, "waste")))
        .failure(failure == null ? null : FactsCodec.failure(failure))
        .profile(from.text("profile"))
        .requestId(from.text("requestId"))
        .build();
  }
}
