package dev.holdfast.core.spi;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * What a journal knows of one stream, without its entries.
 *
 * @param id its name
 * @param epoch of the producer that may append
 * @param tail the place after its last stored entry
 * @param bytes the payloads of its entries
 * @param createdMillis when it was created, in milliseconds since 1970
 * @param expiresMillis when it expires, unless it is used; {@code Long.MAX_VALUE} for never
 * @param end how it ended; empty while it is open
 * @param metadata as it was created
 */
public record JournalStream(
    StreamId id,
    int epoch,
    JournalOffset tail,
    long bytes,
    long createdMillis,
    long expiresMillis,
    Optional<JournalEnd> end,
    ByteBuffer metadata) {
  /** {@return a view of the metadata with a position of its own} */
  @Override
  public ByteBuffer metadata() {
    return metadata.duplicate();
  }
}
