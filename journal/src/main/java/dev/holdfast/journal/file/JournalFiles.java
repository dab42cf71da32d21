package dev.holdfast.journal.file;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/**
 * The directory of a journal. Paths are relative to it and have at most one slash. Only the owner
 * can read what is created.
 */
public interface JournalFiles {
  /** Makes a directory durably, unless it is there; the empty path is the journal itself. */
  void makeDirectory(String directory) throws IOException;

  /** {@return the names in a directory, sorted; empty if there is none} */
  List<String> list(String directory) throws IOException;

  /** {@return a new and empty file} It must not exist. */
  JournalFile create(String path) throws IOException;

  /** {@return an existing file, to read} */
  JournalFile open(String path) throws IOException;

  /** {@return an existing file, to write and read} */
  JournalFile openToWrite(String path) throws IOException;

  /** Removes a file; readers that have it open may read on. */
  void delete(String path) throws IOException;

  /** Returns when creations and removals in a directory are on the storage. */
  void syncDirectory(String directory) throws IOException;

  /**
   * Takes the journal for this process.
   *
   * @throws IOException if another one has it
   */
  Closeable lock() throws IOException;
}
