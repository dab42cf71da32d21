package dev.holdfast.core.spi;

import dev.holdfast.core.stream.Check;

/**
 * What a journal accepts, in bytes where not a count.
 *
 * @param metadata of one stream; kept in memory
 * @param batch the payloads of one batch
 * @param stream the payloads of one stream
 * @param streams how many streams may be there
 * @param total the whole journal on its storage
 */
public record JournalLimits(int metadata, int batch, long stream, int streams, long total) {
  /** 4 KiB, 16 MiB, 256 MiB, 100,000 streams, 8 GiB. */
  public static final JournalLimits DEFAULTS =
      new JournalLimits(4 << 10, 16 << 20, 256L << 20, 100_000, 8L << 30);

  /** Checks that no limit forbids everything. */
  public JournalLimits {
    Check.that(metadata >= 0 && metadata <= 1 << 20, "metadata", "must be 0 to 1 MiB", metadata);
    Check.that(batch >= 1 && batch <= 64 << 20, "batch", "must be 1 byte to 64 MiB", batch);
    Check.that(stream >= 1, "stream", "must be positive", stream);
    Check.that(streams >= 1, "streams", "must be positive", streams);
    Check.that(total >= 1, "total", "must be positive", total);
  }
}
