package dev.holdfast.testkit.fault;

import dev.holdfast.core.stream.Check;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How long a provider asks to wait, and how it writes that.
 *
 * @param spelling which header and unit
 * @param delay zero or more, at most a day
 */
public record RetryAfterHeader(Spelling spelling, Duration delay) {
  /** Spellings seen in the field. */
  public enum Spelling {
    /** {@code retry-after: 2}; rounded up. */
    SECONDS,
    /** {@code retry-after: 0.250}. */
    FRACTION,
    /** {@code retry-after-ms: 250}. */
    MILLIS,
    /** {@code retry-after: Fri, 20 Nov 2026 18:00:00 GMT}; rounded up. */
    DATE,
    /** {@code retry-after-ms: 0} beside {@code retry-after: 2}, which counts. */
    ZERO_MILLIS_AND_SECONDS,
    /** {@code x-ratelimit-reset-requests: 250ms}, as OpenAI and Groq do. */
    RESET_DURATION,
    /** {@code anthropic-ratelimit-requests-reset: 2026-11-20T18:00:00Z}; rounded up. */
    RESET_INSTANT,
    /** {@code x-ratelimit-reset: 1795197600000}, as OpenRouter does. */
    RESET_EPOCH_MILLIS,
    /** {@code x-ratelimit-reset: 2}, as Together does; rounded up. */
    RESET_SECONDS,
    /** {@code ratelimit: "api";r=0;t=2}, as Hugging Face does; rounded up. */
    STRUCTURED,
    /** In the body, as Google does; without effect in other protocols. */
    BODY;

    /** {@return the name in specs} */
    public String id() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private static final DateTimeFormatter HTTP_DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  /** Checks the bounds. */
  public RetryAfterHeader {
    Check.that(
        !delay.isNegative() && delay.compareTo(Duration.ofDays(1)) <= 0,
        "retry-after",
        "must be 0 to 1 day",
        delay);
  }

  /** {@return {@code retry-after} in whole seconds} */
  public static RetryAfterHeader seconds(int seconds) {
    return new RetryAfterHeader(Spelling.SECONDS, Duration.ofSeconds(seconds));
  }

  /** {@return {@code retry-after-ms}} */
  public static RetryAfterHeader millis(int millis) {
    return new RetryAfterHeader(Spelling.MILLIS, Duration.ofMillis(millis));
  }

  /** {@return an error document with the wait, if it is written there} */
  public String in(String document) {
    String hint =
        """
        $0,
            "details": [
              {
                "@type": "type.googleapis.com/google.rpc.RetryInfo",
                "retryDelay": "%s.%03ds"
              }
            ]\
        """
            .formatted(delay.toSeconds(), delay.toMillisPart());
    return spelling == Spelling.BODY
        ? document.replaceFirst("\"status\": \"[A-Z_]+\"", hint)
        : document;
  }

  /** {@return the headers of an answer sent at a wall-clock time} */
  public Map<String, List<String>> headers(long epochMillis) {
    long millis = delay.toMillis();
    String seconds = Long.toString((millis + 999) / 1000);
    return switch (spelling) {
      case SECONDS -> Map.of("retry-after", List.of(seconds));
      case FRACTION ->
          Map.of("retry-after", List.of(String.format(Locale.ROOT, "%.3f", millis / 1000.0)));
      case MILLIS -> Map.of("retry-after-ms", List.of(Long.toString(millis)));
      case DATE ->
          Map.of(
              "retry-after",
              List.of(
                  HTTP_DATE.format(
                      Instant.ofEpochMilli((epochMillis + millis + 999) / 1000 * 1000))));
      case ZERO_MILLIS_AND_SECONDS ->
          Map.of("retry-after-ms", List.of("0"), "retry-after", List.of(seconds));
      case RESET_DURATION -> Map.of("x-ratelimit-reset-requests", List.of(millis + "ms"));
      case RESET_INSTANT ->
          Map.of(
              "anthropic-ratelimit-requests-reset",
              List.of(Instant.ofEpochMilli((epochMillis + millis + 999) / 1000 * 1000).toString()));
      case RESET_EPOCH_MILLIS ->
          Map.of("x-ratelimit-reset", List.of(Long.toString(epochMillis + millis)));
      case RESET_SECONDS -> Map.of("x-ratelimit-reset", List.of(seconds));
      case STRUCTURED -> Map.of("ratelimit", List.of("\"api\";r=0;t=" + seconds));
      case BODY -> Map.of();
    };
  }
}
