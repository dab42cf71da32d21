package dev.holdfast.core.spi;

import dev.holdfast.core.stream.Check;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * A stream to create.
 *
 * @param id must be free; an id is free again after its stream was deleted or expired
 * @param epoch of its first producer, at least 1
 * @param metadata what readers need before the first entry, such as the caller it is bound to
 * @param ttl time to live; zero for a stream that does not expire
 * @param sliding whether the time begins anew with every append, end and touch
 */
public record NewStream(
    StreamId id, int epoch, ByteBuffer metadata, Duration ttl, boolean sliding) {
  /** Checks the ranges, and makes the metadata read-only. */
  public NewStream {
    Check.that(epoch > 0, "epoch", "must be at least 1", epoch);
    boolean inRange = !ttl.isNegative() && ttl.compareTo(Duration.ofDays(36_500)) <= 0;
    Check.that(inRange, "ttl", "must be zero to 36,500 days", ttl);
    metadata = metadata.asReadOnlyBuffer();
  }

  /** {@return a view of the metadata with a position of its own} */
  @Override
  public ByteBuffer metadata() {
    return metadata.duplicate();
  }
}
