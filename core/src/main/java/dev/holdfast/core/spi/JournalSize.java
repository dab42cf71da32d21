package dev.holdfast.core.spi;

/**
 * How much a journal holds.
 *
 * @param streams that can be read
 * @param open of these, without an end
 * @param followers subscriptions under way
 * @param bytes on the storage
 * @param pending bytes accepted and not yet stored
 * @param memory bytes of entries kept in memory for readers
 */
public record JournalSize(
    int streams, int open, int followers, long bytes, long pending, long memory) {}
