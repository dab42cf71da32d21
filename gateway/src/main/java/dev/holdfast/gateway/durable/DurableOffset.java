package dev.holdfast.gateway.durable;

import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.StreamId;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A place in a stream: after {@code position} appends, the last of which is in the log with this
 * tag and was written under this epoch. A fork shares the places of its source up to where it was
 * made. The tag guards against the bytes of another stream, and of one that had the name before;
 * the epoch against appends that a power failure took.
 *
 * @param position how many appends are before it
 * @param tag of the log that has the append before it; zero at the beginning
 * @param epoch of the append before it; zero at the beginning
 */
record DurableOffset(long position, int tag, int epoch) {
  /** The beginning of every stream. */
  static final DurableOffset START = new DurableOffset(0, 0, 0);

  private static final Pattern TEXT = Pattern.compile("([0-9]{16})_([0-9a-f]{8})([0-9a-f]{8})");

  /** {@return the offset as clients see it} Texts of one stream sort as the offsets do. */
  String text() {
    return "%016d_%08x%08x".formatted(position, tag, epoch);
  }

  /** {@return the offset with this text; null if it is not one} */
  static @Nullable DurableOffset parse(String text) {
    var matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    long position = Long.parseLong(matcher.group(1));
    int tag = Integer.parseUnsignedInt(matcher.group(2), 16);
    int epoch = Integer.parseUnsignedInt(matcher.group(3), 16);
    boolean fits =
        position == 0
            ? tag == 0 && epoch == 0
            : position <= JournalOffset.MAX_SEQUENCE && epoch > 0;
    return fits ? new DurableOffset(position, tag, epoch) : null;
  }

  /** {@return 32 bits that differ between two logs, except by a chance of 2^-32} */
  static int tag(StreamId log) {
    // The finaliser of MurmurHash3, by Austin Appleby (public domain).
    long mixed = log.high() * 31 + log.low();
    mixed = (mixed ^ (mixed >>> 33)) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return (int) (mixed >>> 32);
  }

  @Override
  public String toString() {
    return text();
  }
}
