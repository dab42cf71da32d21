package dev.holdfast.core.provider.shared;

import dev.holdfast.core.json.JsonText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/**
 * The numbers of a usage that was read by its shape: what changes from frame to frame, between the
 * JSON that does not. Not thread-safe; holds the counts of one frame until the next.
 */
public final class UsageCounts {
  static final UsageCounts NONE = new UsageCounts(new String[0], new String[] {""});

  /** Longer numbers are for the parser: these fit a {@code long} with any digits. */
  static final int MAX_DIGITS = 18;

  private final String[] names;

  /** The JSON before, between and after the counts. */
  private final String[] pieces;

  private final long[] counts;
  private final int length;

  private UsageCounts(String[] names, String[] pieces) {
    this.names = names;
    this.pieces = pieces;
    this.counts = new long[names.length];
    int sum = 0;
    for (String piece : pieces) {
      sum += piece.length();
    }
    length = sum + 8 * names.length;
  }

  /**
   * {@return the counts in a usage, or null if they are not those that its frame has}
   *
   * @param raw the usage as JSON
   * @param names what each count is called, in order; empty for those of inner objects
   */
  static @Nullable UsageCounts of(String raw, List<String> names) {
    byte[] bytes = raw.getBytes(StandardCharsets.UTF_8);
    var pieces = new ArrayList<String>();
    int from = 0;
    try (var parser = JsonText.FACTORY.createParser(ObjectReadContext.empty(), bytes)) {
      for (var token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.VALUE_NUMBER_INT && isCount(parser.getString())) {
          int at = (int) parser.currentTokenLocation().getByteOffset();
          pieces.add(new String(bytes, from, at - from, StandardCharsets.UTF_8));
          from = at + parser.getString().length();
        }
      }
    } catch (JacksonException e) {
      return null;
    }
    pieces.add(new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8));
    return pieces.size() == names.size() + 1
        ? new UsageCounts(
            names.stream().map(String::intern).toArray(String[]::new),
            pieces.toArray(String[]::new))
        : null;
  }

  /** {@return whether an integer may be free: without a sign, and short enough for a long} */
  static boolean isCount(String digits) {
    return digits.length() <= MAX_DIGITS && digits.charAt(0) != '-';
  }

  void set(int index, long count) {
    counts[index] = count;
  }

  /** {@return a member of the usage; {@code absent} if it is no free number} */
  public long count(String name, long absent) {
    for (int i = 0; i < names.length; i++) {
      if (names[i].equals(name)) {
        return counts[i];
      }
    }
    return absent;
  }

  /** {@return what writes the usage of this frame as JSON, as the parser's value is written} */
  public Supplier<String> raw() {
    long[] now = counts.clone();
    return () -> written(now);
  }

  private String written(long[] counts) {
    var raw = new StringBuilder(length).append(pieces[0]);
    for (int i = 0; i < counts.length; i++) {
      raw.append(counts[i]).append(pieces[i + 1]);
    }
    return raw.toString();
  }
}
