package dev.holdfast.cli.stream;

import dev.holdfast.cli.terminal.Glyphs;
import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.Phrases;
import dev.holdfast.client.Outcome;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.TokenUsage;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.StringJoiner;

/** What became of a stream, as a JSON line and as a line for people. */
public final class OutcomeLines {
  private static final OptionalLong NONE = OptionalLong.empty();

  private OutcomeLines() {}

  public static JsonLine json(Outcome outcome, Meter meter) {
    Duration firstToken = outcome.timings().firstToken().orElse(null);
    var line =
        JsonLine.of("summary")
            .with("verdict", outcome.verdict().name())
            .with("cause", outcome.cause().map(Cause::id).orElse(null))
            .with("detail", outcome.failure().map(Failure::detail).orElse(null))
            .with("stopped_by", outcome.stoppedBy().map(Cause::id).orElse(null))
            .withAll("refusals", outcome.refusals().stream().map(EventLines::of).toList())
            .with("exactness", EventLines.id(outcome.exactness()))
            .with("finish", outcome.finish().map(Finish::raw).orElse(null))
            .withAll("attempts", outcome.attempts().stream().map(EventLines::of).toList())
            .withAll("seams", outcome.seams().stream().map(EventLines::of).toList())
            .with("warnings", outcome.warnings().stream().map(Cause::id).toList())
            .with("bytes", outcome.bytes());
    if (firstToken == null) {
      line.with("first_token_ms", (String) null);
    } else {
      line.with("first_token_ms", firstToken.toMillis());
    }
    return line.with("longest_gap_ms", meter.longest().toMillis())
        .with("median_gap_ms", meter.median().toMillis())
        .with("total_ms", outcome.timings().total().toMillis())
        .with("input_tokens", outcome.usage().map(TokenUsage::input).orElse(NONE).orElse(-1))
        .with("output_tokens", outcome.usage().map(TokenUsage::output).orElse(NONE).orElse(-1))
        .with("tokens_estimated", outcome.usage().map(TokenUsage::isEstimated).orElse(false))
        .with("wasted_tokens", outcome.waste().tokens())
        .with("wasted_prompt_tokens", outcome.waste().promptTokens());
  }

  /** {@return one line: verdict, finish, seams, tokens, times} Not yet fit for a terminal. */
  public static String sentence(Outcome outcome, Meter meter, Glyphs glyphs, Redactor redactor) {
    var facts = new StringJoiner(" " + glyphs.dot() + " ");
    outcome.failure().map(failure -> Phrases.failure(failure, redactor)).ifPresent(facts::add);
    outcome.stoppedBy().map(Cause::id).ifPresent(facts::add);
    outcome.finish().map(Finish::raw).ifPresent(facts::add);
    facts.add(Phrases.count(outcome.attempts().size(), "attempt"));
    boolean spoke = outcome.timings().firstToken().isPresent();
    if (spoke && outcome.exactness() != Exactness.PREFIX) {
      facts.add(EventLines.id(outcome.exactness()));
    }
    for (Seam seam : outcome.seams()) {
      facts.add(Phrases.seam(seam));
    }
    for (Cause warning : outcome.warnings()) {
      facts.add("warning " + warning.id());
    }
    outcome.usage().map(OutcomeLines::tokens).ifPresent(facts::add);
    if (outcome.waste().tokens() > 0 || outcome.waste().promptTokens() > 0) {
      facts.add(waste(outcome));
    }
    facts.add(Phrases.count(outcome.bytes(), "byte"));
    facts.add(times(outcome));
    if (spoke) {
      facts.add("longest gap " + Phrases.time(meter.longest()));
    }
    return facts.toString();
  }

  public static String waste(Outcome outcome) {
    long prompts = outcome.waste().promptTokens();
    return "about "
        + Phrases.count(outcome.waste().tokens(), "token")
        + " wasted"
        + (prompts == 0 ? "" : " and " + Phrases.number(prompts) + " of further prompts");
  }

  public static String times(Outcome outcome) {
    Duration firstToken = outcome.timings().firstToken().orElse(null);
    String first = firstToken == null ? "no token" : "first token " + Phrases.time(firstToken);
    return first + ", total " + Phrases.time(outcome.timings().total());
  }

  public static String gaps(Meter meter) {
    return "longest %s, median %s between two pieces"
        .formatted(Phrases.time(meter.longest()), Phrases.time(meter.median()));
  }

  private static String tokens(TokenUsage usage) {
    return known(usage.input(), usage.isInputEstimated())
        + " + "
        + known(usage.output(), usage.isOutputEstimated())
        + " tokens";
  }

  private static String known(OptionalLong tokens, boolean estimated) {
    return tokens.isPresent() ? (estimated ? "~" : "") + Phrases.number(tokens.getAsLong()) : "?";
  }
}
