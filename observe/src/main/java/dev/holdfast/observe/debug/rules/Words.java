package dev.holdfast.observe.debug.rules;

import dev.holdfast.observe.debug.wire.ObservedExchange;
import dev.holdfast.observe.debug.wire.Preview;
import java.util.Locale;

/** Facts formatted for display. */
public final class Words {
  private static final long SECOND = 1_000_000_000;

  private Words() {}

  /** {@return {@code 0.4 ms}, {@code 312 ms}, {@code 3.2 s} or {@code 4 min 10 s}} */
  public static String time(long nanos) {
    if (nanos < 10_000_000) {
      return String.format(Locale.ROOT, "%.1f ms", nanos / 1e6);
    }
    if (nanos < SECOND) {
      return String.format(Locale.ROOT, "%d ms", nanos / 1_000_000);
    }
    if (nanos < 120 * SECOND) {
      return String.format(Locale.ROOT, "%.1f s", nanos / 1e9);
    }
    return String.format(Locale.ROOT, "%d min %d s", nanos / (60 * SECOND), nanos / SECOND % 60);
  }

  /** {@return seconds with three decimal places, for columns} */
  public static String seconds(long nanos) {
    return String.format(Locale.ROOT, "%.3f s", nanos / 1e9);
  }

  /** {@return {@code 512 B}, {@code 12.3 KB} or {@code 4.0 MB}; a kilobyte is 1000 bytes} */
  public static String bytes(long bytes) {
    if (bytes < 10_000) {
      return String.format(Locale.ROOT, "%,d B", bytes);
    }
    return bytes < 1_000_000
        ? String.format(Locale.ROOT, "%.1f KB", bytes / 1e3)
        : bytes < 1_000_000_000
            ? String.format(Locale.ROOT, "%.1f MB", bytes / 1e6)
            : String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
  }

  /** {@return {@code 1 event}, {@code 2,000 events}; the noun takes an s for its plural} */
  public static String count(long count, String noun) {
    return String.format(Locale.ROOT, "%,d %s%s", count, noun, count == 1 ? "" : "s");
  }

  /** {@return a header as evidence, or blank if it was not sent} */
  static String header(ObservedExchange exchange, String name) {
    String value = exchange.header(name);
    return value.isEmpty() ? "" : name + ": " + Preview.of(value);
  }
}
