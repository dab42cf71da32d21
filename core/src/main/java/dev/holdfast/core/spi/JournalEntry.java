package dev.holdfast.core.spi;

import dev.holdfast.core.stream.Check;
import java.nio.ByteBuffer;

/**
 * One entry of a stream, which readers receive whole or not at all.
 *
 * @param type what it is to the one that appends, 0 to 255; the journal only keeps it
 * @param payload its bytes, from position to limit; must not change after it was handed over
 */
public record JournalEntry(int type, ByteBuffer payload) {
  /** Checks the type, and makes the payload read-only. */
  public JournalEntry {
    Check.that(type >= 0 && type <= 255, "type", "must be 0 to 255", type);
    payload = payload.asReadOnlyBuffer();
  }

  /** {@return a view of the payload with a position of its own} */
  @Override
  public ByteBuffer payload() {
    return payload.duplicate();
  }

  /** {@return the number of bytes of the payload} */
  public int size() {
    return payload.remaining();
  }

  /** {@return type and size; content stays out of logs} */
  @Override
  public String toString() {
    return "JournalEntry[type=%d, size=%d]".formatted(type, size());
  }
}
