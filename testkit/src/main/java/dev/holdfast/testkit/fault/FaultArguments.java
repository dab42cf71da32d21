package dev.holdfast.testkit.fault;

import dev.holdfast.core.stream.Check;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The part of a spec after the name. */
public final class FaultArguments {
  private final String fault;
  private final List<String> unread = new ArrayList<>();

  /** What was asked for, given or not. */
  private final Set<String> known = new LinkedHashSet<>();

  FaultArguments(String fault, String text) {
    this.fault = fault;
    for (String part : text.split(",", -1)) {
      if (!part.isBlank()) {
        unread.add(part.strip());
      }
    }
  }

  private @Nullable String take(String key) {
    known.add(key);
    for (String part : unread) {
      if (part.equals(key) || part.startsWith(key + "=")) {
        unread.remove(part);
        return part.substring(Math.min(part.length(), key.length() + 1));
      }
    }
    return null;
  }

  void allRead() {
    if (!unread.isEmpty()) {
      String first = unread.getFirst();
      int equals = first.indexOf('=');
      Check.that(
          false,
          fault,
          known.isEmpty()
              ? "must have no keys"
              : "must have no other keys than " + String.join(", ", known) + ", each once",
          equals < 0 ? first : first.substring(0, equals));
    }
  }

  /** A position in the body, the head excepted. */
  Position inBody(Position otherwise) {
    known.addAll(List.of("event", "token", "byte", "finish", "done"));
    String event = take("event");
    if (event != null) {
      return Position.event(small("event", event));
    }
    String token = take("token");
    if (token != null) {
      return Position.token(small("token", token));
    }
    String bytes = take("byte");
    if (bytes != null) {
      return Position.bytes(size("byte", bytes));
    }
    if (take("finish") != null) {
      return new Position.BeforeFinish();
    }
    return take("done") == null ? otherwise : new Position.BeforeDone();
  }

  Position anywhere(Position otherwise) {
    return take("head") == null ? inBody(otherwise) : new Position.BeforeHead();
  }

  Duration time(String key, Duration otherwise) {
    Duration time = timeOrNull(key);
    return time == null ? otherwise : time;
  }

  @Nullable Duration timeOrNull(String key) {
    String text = take(key);
    return text == null ? null : readTime(key, text);
  }

  long number(String key, long otherwise) {
    String text = take(key);
    return text == null ? otherwise : small(key, text);
  }

  long size(String key, long otherwise) {
    String text = take(key);
    return text == null ? otherwise : size(key, text);
  }

  String word(String key, String otherwise) {
    String text = take(key);
    return text == null ? otherwise : text;
  }

  <T> T choice(String key, T otherwise, List<T> all, Function<T, String> id) {
    String text = take(key);
    if (text == null) {
      return otherwise;
    }
    for (T one : all) {
      if (id.apply(one).equals(text)) {
        return one;
      }
    }
    throw new IllegalArgumentException(
        key
            + ": must be one of "
            + String.join(", ", all.stream().map(id).toList())
            + ", was "
            + text);
  }

  Fault.Trouble trouble(Fault.Trouble otherwise) {
    return choice("trouble", otherwise, List.of(Fault.Trouble.values()), Fault.Trouble::id);
  }

  Fault.Ending ending(Fault.Ending otherwise) {
    return choice("by", otherwise, List.of(Fault.Ending.values()), Fault.Ending::id);
  }

  @Nullable RetryAfterHeader retryAfter() {
    Duration wait = timeOrNull("retry-after");
    RetryAfterHeader.Spelling spelling =
        choice(
            "spelling",
            RetryAfterHeader.Spelling.SECONDS,
            List.of(RetryAfterHeader.Spelling.values()),
            RetryAfterHeader.Spelling::id);
    return wait == null ? null : new RetryAfterHeader(spelling, wait);
  }

  private static int small(String key, String text) {
    Check.that(text.matches("\\d{1,9}"), key, "must be a whole number", text);
    return Integer.parseInt(text);
  }

  private static long size(String key, String text) {
    Check.that(text.matches("\\d{1,12}[kmg]?"), key, "must be a number of bytes, k, m or g", text);
    char unit = text.charAt(text.length() - 1);
    return switch (unit) {
      case 'k' -> Long.parseLong(text, 0, text.length() - 1, 10) << 10;
      case 'm' -> Long.parseLong(text, 0, text.length() - 1, 10) << 20;
      case 'g' -> Long.parseLong(text, 0, text.length() - 1, 10) << 30;
      default -> Long.parseLong(text);
    };
  }

  /**
   * {@return a time, such as {@code 200ms}}
   *
   * @param key what it is the time of, for the message
   * @param text up to nine digits, and one of {@code us}, {@code ms}, {@code s}, {@code m}, {@code
   *     h}
   * @throws IllegalArgumentException if it is none
   */
  public static Duration readTime(String key, String text) {
    Check.that(
        text.toLowerCase(Locale.ROOT).matches("\\d{1,9}(us|ms|s|m|h)"),
        key,
        "must be a time such as 200ms, 2s or 1h",
        text);
    int digits = 0;
    while (Character.isDigit(text.charAt(digits))) {
      digits++;
    }
    long amount = Long.parseLong(text, 0, digits, 10);
    return switch (text.substring(digits).toLowerCase(Locale.ROOT)) {
      case "us" -> Duration.ofNanos(amount * 1000);
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      default -> Duration.ofHours(amount);
    };
  }
}
