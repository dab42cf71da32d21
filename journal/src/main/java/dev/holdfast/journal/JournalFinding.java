package dev.holdfast.journal;

/**
 * Something wrong in a journal's files.
 *
 * @param file its path in the journal
 * @param position the byte
 * @param what is wrong
 * @param damaged whether stored records are affected; else it is a tail that a crash tore, or that
 *     is being written
 */
public record JournalFinding(String file, long position, String what, boolean damaged) {}
