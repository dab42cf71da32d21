package dev.holdfast.cli.terminal;

import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ProviderError;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Seam;
import java.time.Duration;
import java.util.Locale;

/** Facts as people read them. */
public final class Phrases {
  private static final int MAX_WORDING = 500;

  private Phrases() {}

  public static String number(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  public static String count(long count, String noun) {
    return number(count) + " " + noun + (count == 1 ? "" : "s");
  }

  /** {@return {@code 312 ms} or {@code 3.2 s}} */
  public static String time(Duration time) {
    long millis = time.toMillis();
    return millis < 1000
        ? millis + " ms"
        : String.format(Locale.ROOT, "%.1f s", time.toNanos() / 1e9);
  }

  /**
   * {@return the cause and what is known about it} The text may be a provider's.
   *
   * @param redactor knows what the provider may repeat of the request
   */
  public static String failure(Failure failure, Redactor redactor) {
    var provider = failure.provider().orElse(null);
    String wording = provider == null ? "" : wording(provider, redactor);
    String detail = wording.isBlank() ? failure.detail() : wording;
    int code = failure.httpStatus().orElse(0);
    String status = code >= 300 ? " (HTTP " + code + ")" : "";
    return failure.cause().id() + (detail.isEmpty() ? "" : ": " + detail) + status;
  }

  /**
   * {@return a provider's own words, without what they repeat of the request; one that is long is
   * cut}
   */
  public static String wording(ProviderError provider, Redactor redactor) {
    String shown = redactor.quoted(provider.headline());
    return shown.length() <= MAX_WORDING ? shown : shown.substring(0, MAX_WORDING) + "...";
  }

  /** {@return what a rung does, as an answer to "how does it go on?"} */
  public static String rung(Rung rung) {
    return switch (rung) {
      case CURSOR -> "from the provider's cursor";
      case TOKEN_IDS -> "from its token ids";
      case CONTINUE -> "by continuing the last message";
      case PREFILL -> "by prefill";
      case ANCHOR -> "by anchor";
      case REPLAY -> "from the start, swallowing what is known";
      case REFUSE -> "not at all";
    };
  }

  public static String seam(Seam seam) {
    String joined = "joined at character " + number(seam.offset());
    return seam.overlap() == 0
        ? joined
        : joined + ", " + count(seam.overlap(), "repeated character") + " swallowed";
  }
}
