package dev.holdfast.core.provider.errors;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.stream.ResponseHead;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How long a provider asks to wait: the first of these that parses and is positive.
 *
 * <ol>
 *   <li>{@code retry-after-ms}, milliseconds. Azure sends 0 beside a good {@code retry-after}.
 *   <li>{@code retry-after}, seconds with an optional fraction, or an HTTP date.
 *   <li>the body: Google's RetryInfo with {@code "retryDelay": "48s"}.
 *   <li>reset headers: Go durations (OpenAI, Groq), RFC 3339 instants (Anthropic), epoch
 *       milliseconds (OpenRouter), whole seconds (Together, Azure), {@code t=} of a structured
 *       {@code ratelimit} (Hugging Face).
 * </ol>
 */
public final class RetryAfter {
  /** Longer waits are misread units or the next billing period; they are ignored. */
  private static final Duration MAX = Duration.ofDays(1);

  /** Larger numbers are points in time, in milliseconds. */
  private static final long EPOCH_MILLIS = 100_000_000_000L;

  /** Larger numbers are points in time, in seconds. */
  private static final long EPOCH_SECONDS = 1_000_000_000L;

  private static final Set<Integer> PACED = Set.of(429, 503, 529);

  private static final Pattern GO_PART =
      Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)(ns|us|µs|ms|s|m|h)");
  private static final Pattern NUMBER = Pattern.compile("\\d{1,15}(?:\\.\\d{1,9})?");
  private static final Pattern STRUCTURED = Pattern.compile("(?:^|[;,\\s])t=(\\d{1,9})");

  /** Those of requests before those of tokens: either may be the one that ran out. */
  private static final List<String> RESETS =
      List.of(
          "x-ratelimit-reset-requests",
          "x-ratelimit-reset-tokens",
          "anthropic-ratelimit-requests-reset",
          "anthropic-ratelimit-tokens-reset",
          "anthropic-ratelimit-input-tokens-reset",
          "anthropic-ratelimit-output-tokens-reset",
          "x-ratelimit-reset",
          "ratelimit-reset");

  private RetryAfter() {}

  /**
   * {@return the wait that the headers ask for, or null}
   *
   * @param epochMillis wall-clock time of the answer's arrival
   */
  public static @Nullable Duration parse(ResponseHead head, long epochMillis) {
    return parse(head, null, epochMillis);
  }

  static @Nullable Duration parse(ResponseHead head, @Nullable Json body, long epochMillis) {
    var millis = number(head.header("retry-after-ms"));
    var exact = millis == null ? null : sane(nanos(millis, 1_000_000));
    if (exact != null) {
      return exact;
    }
    String after = head.header("retry-after").strip();
    var seconds = number(after);
    Duration plain =
        seconds != null ? sane(nanos(seconds, 1_000_000_000)) : sane(date(after, epochMillis));
    if (plain != null) {
      return plain;
    }
    var hint = body == null ? null : hint(body);
    return hint != null ? hint : resets(head, epochMillis);
  }

  /** {@return the wait that an error value asks for, or null} */
  static @Nullable Duration hint(Json json) {
    return switch (json) {
      case Json.Arr(var items) -> items.size() == 1 ? hint(items.getFirst()) : null;
      case Json.Obj object -> {
        var inner = object.object("error");
        var details = (inner == null ? object : inner).array("details");
        yield details == null ? null : retryInfo(details);
      }
      case Json.Str text -> null;
      case Json.Num number -> null;
      case Json.Bool bool -> null;
      case Json.Null none -> null;
    };
  }

  private static @Nullable Duration retryInfo(Json.Arr details) {
    for (var detail : details.items()) {
      if (detail instanceof Json.Obj info && info.text("@type").endsWith("google.rpc.RetryInfo")) {
        return sane(goDuration(info.text("retryDelay")));
      }
    }
    return null;
  }

  /** The longest of the limits that have nothing left, else the shortest of all. */
  private static @Nullable Duration resets(ResponseHead head, long epochMillis) {
    if (!PACED.contains(head.status())) {
      return null; // Every answer has these headers; only a rate limit gives them a meaning.
    }
    Duration spent = null;
    Duration shortest = null;
    for (var name : RESETS) {
      var wait = sane(reset(head.header(name).strip(), epochMillis));
      if (wait == null) {
        continue;
      }
      boolean nothingLeft = head.header(name.replace("reset", "remaining")).strip().equals("0");
      if (nothingLeft && (spent == null || wait.compareTo(spent) > 0)) {
        spent = wait;
      }
      if (shortest == null || wait.compareTo(shortest) < 0) {
        shortest = wait;
      }
    }
    if (spent != null || shortest != null) {
      return spent != null ? spent : shortest;
    }
    Matcher structured = STRUCTURED.matcher(head.header("ratelimit"));
    return structured.find() ? sane(Duration.ofSeconds(Long.parseLong(structured.group(1)))) : null;
  }

  private static @Nullable Duration reset(String text, long epochMillis) {
    var number = number(text);
    if (number != null) {
      long whole = number.longValue();
      if (whole >= EPOCH_MILLIS) {
        return Duration.ofMillis(whole - epochMillis);
      }
      return whole >= EPOCH_SECONDS
          ? Duration.ofMillis(whole * 1000 - epochMillis)
          : nanos(number, 1_000_000_000);
    }
    var duration = goDuration(text);
    return duration != null ? duration : instant(text, epochMillis);
  }

  private static @Nullable Duration goDuration(String text) {
    Matcher part = GO_PART.matcher(text);
    Duration sum = Duration.ZERO;
    int at = 0;
    while (part.find() && part.start() == at) {
      at = part.end();
      long unit =
          switch (part.group(2)) {
            case "ns" -> 1L;
            case "us", "µs" -> 1_000L;
            case "ms" -> 1_000_000L;
            case "s" -> 1_000_000_000L;
            case "m" -> 60_000_000_000L;
            default -> 3_600_000_000_000L;
          };
      sum = sum.plus(nanos(new BigDecimal(part.group(1)), unit));
    }
    return at > 0 && at == text.length() ? sum : null;
  }

  private static @Nullable Duration date(String text, long epochMillis) {
    try {
      var then = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME);
      return Duration.between(Instant.ofEpochMilli(epochMillis), then.toInstant());
    } catch (DateTimeParseException e) {
      return instant(text, epochMillis);
    }
  }

  private static @Nullable Duration instant(String text, long epochMillis) {
    try {
      var then = DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(text.toUpperCase(Locale.ROOT));
      return Duration.between(Instant.ofEpochMilli(epochMillis), Instant.from(then));
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static @Nullable BigDecimal number(String text) {
    String bare = text.strip();
    return NUMBER.matcher(bare).matches() ? new BigDecimal(bare) : null;
  }

  private static Duration nanos(BigDecimal number, long unit) {
    var nanos = number.multiply(BigDecimal.valueOf(unit)).toBigInteger();
    return nanos.bitLength() > 62 ? MAX.plusDays(1) : Duration.ofNanos(nanos.longValue());
  }

  /** {@return the wait, or null if it is not positive or beyond reason} */
  private static @Nullable Duration sane(@Nullable Duration wait) {
    return wait == null || !wait.isPositive() || wait.compareTo(MAX) > 0 ? null : wait;
  }
}
