package dev.holdfast.journal.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** One file. Reads and syncs are thread-safe; writes come from one thread at a time. */
public interface JournalFile extends Closeable {
  /** {@return the length in bytes} */
  long size() throws IOException;

  /**
   * Fills {@code target} from {@code position} on, as far as the file reaches.
   *
   * @return how many bytes were read; zero at the end
   */
  int read(ByteBuffer target, long position) throws IOException;

  /** Writes all of {@code source}; after an exception any part of it may be there. */
  void write(ByteBuffer source, long position) throws IOException;

  /** Returns when all that was written is on the storage. After an exception nothing is known. */
  void sync() throws IOException;

  /** Cuts the file. */
  void truncate(long size) throws IOException;
}
