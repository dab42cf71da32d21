package dev.holdfast.core.spi;

/**
 * An entry as it was stored.
 *
 * @param offset the place after it, from which a reader that has it resumes
 * @param millis when it was stored, in milliseconds since 1970
 * @param entry what was appended
 */
public record StoredEntry(JournalOffset offset, long millis, JournalEntry entry) {}
