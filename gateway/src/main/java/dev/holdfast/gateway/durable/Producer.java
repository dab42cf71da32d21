package dev.holdfast.gateway.durable;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a producer sends with an append, so that it can repeat it.
 *
 * @param id its own name
 * @param epoch of its session
 * @param sequence of the append in the session, from zero
 */
record Producer(String id, long epoch, long sequence) {
  private static final Pattern DETAIL =
      Pattern.compile("(\\d{1,16}) (\\d{1,16}) (.+)", Pattern.DOTALL);

  /** Longest name. */
  static final int MAX_ID = 256;

  /** {@return the text of the end that this append wrote} */
  String toDetail() {
    return epoch + " " + sequence + " " + id;
  }

  /** {@return the append that wrote the text of an end; null if none did} */
  static @Nullable Producer ofDetail(String detail) {
    var matcher = DETAIL.matcher(detail);
    return matcher.matches()
        ? new Producer(
            matcher.group(3), Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2)))
        : null;
  }
}
