package dev.holdfast.core.spi;

import dev.holdfast.core.stream.Check;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A place between two entries of a stream: after {@code sequence} entries, the last of which was
 * written under {@code epoch}. A reader resumes from it and receives what follows.
 *
 * <p>The epoch guards against a splice. If a crash took entries that a reader has, a later producer
 * writes other entries in their place, under a higher epoch; the reader's offset is then refused.
 *
 * @param epoch of the entry before this place; zero at the beginning
 * @param sequence how many entries are before this place
 */
public record JournalOffset(int epoch, long sequence) implements Comparable<JournalOffset> {
  /** The beginning of every stream. */
  public static final JournalOffset START = new JournalOffset(0, 0);

  /** The largest sequence: 16 decimal digits, and exact in a JavaScript number. */
  public static final long MAX_SEQUENCE = (1L << 53) - 1;

  private static final Pattern TEXT = Pattern.compile("([0-9a-f]{8})_(\\d{10})_(\\d{16})");

  /** Checks the ranges; the beginning, and only it, has epoch zero. */
  public JournalOffset {
    Check.that(epoch >= 0, "epoch", "must not be negative", epoch);
    Check.that(
        sequence >= 0 && sequence <= MAX_SEQUENCE, "sequence", "must be 0 to 2^53-1", sequence);
    Check.that((epoch == 0) == (sequence == 0), "epoch", "must be 0 at sequence 0 only", epoch);
  }

  /**
   * {@return the offset as a client sees it} Texts of one stream sort as the offsets do, and have
   * letters, digits and underscores only.
   */
  public String text(StreamId stream) {
    return "%s_%010d_%016d".formatted(tag(stream), epoch, sequence);
  }

  /**
   * {@return the offset that {@link #text} of the same stream returned}
   *
   * @throws IllegalArgumentException if the text is malformed, or an offset of another stream
   */
  public static JournalOffset parse(String text, StreamId stream) {
    var matcher = TEXT.matcher(text);
    boolean formed = matcher.matches();
    Check.that(formed, "offset", "must be an offset of this stream", text.length() + " characters");
    Check.that(
        matcher.group(1).equals(tag(stream)),
        "offset",
        "must be an offset of this stream",
        "one of another stream");
    long epoch = Long.parseLong(matcher.group(2));
    Check.that(epoch <= Integer.MAX_VALUE, "offset", "must have an epoch below 2^31", epoch);
    return new JournalOffset((int) epoch, Long.parseLong(matcher.group(3)));
  }

  /** {@return 32 bits that differ between two streams, except by a chance of 2^-32} */
  private static String tag(StreamId stream) {
    // The finaliser of MurmurHash3, by Austin Appleby (public domain).
    long mixed = stream.high() * 31 + stream.low();
    mixed = (mixed ^ (mixed >>> 33)) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return HexFormat.of().toHexDigits((int) (mixed >>> 32)).toLowerCase(Locale.ROOT);
  }

  @Override
  public int compareTo(JournalOffset other) {
    int byEpoch = Integer.compare(epoch, other.epoch);
    return byEpoch != 0 ? byEpoch : Long.compare(sequence, other.sequence);
  }
}
