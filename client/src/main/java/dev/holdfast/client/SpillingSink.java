package dev.holdfast.client;

import dev.holdfast.core.stream.Check;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps text in memory up to a limit, then all of it in a temporary file that only its owner can
 * read. The file is UTF-16 big-endian without a mark, so that halves of surrogate pairs survive
 * being delivered apart. Its name is deleted at once where the system allows that. The file is
 * deleted by {@link #close}, or with the sink itself when it is never closed.
 *
 * <p>Where the file takes no more, as on a full disk, an append fails as a whole. Earlier appends
 * can still be read: the part that is not in the file stays in memory. Nothing can be appended
 * afterwards.
 *
 * <p>Text that stayed in memory can be read after closing; text in a file cannot.
 */
public final class SpillingSink implements TextSink {
  /** 8 Mi characters, which are at most 16 MiB. */
  public static final int DEFAULT_LIMIT = 8 << 20;

  private static final int BUFFER = 16 << 10;
  private static final ByteBuffer NO_TAIL = ByteBuffer.allocate(0);

  private final int limit;
  private final @Nullable Path directory;
  private final Opener open;
  private StringBuilder memory = new StringBuilder();

  /**
   * What is not in the file yet. Nearly no text needs one, so it is made for the first that does.
   */
  private ByteBuffer tail = NO_TAIL;

  private @Nullable SpillFile file;
  private @Nullable IOException refused;
  private Cleaner.@Nullable Cleanable cleanable;

  /** A sink with the default limit that spills to the system's temporary directory. */
  public SpillingSink() {
    this(DEFAULT_LIMIT, null);
  }

  /**
   * A sink with its own limit and directory.
   *
   * @param limit UTF-16 units kept in memory
   * @param directory where the file goes; null for the system's temporary directory
   */
  public SpillingSink(int limit, @Nullable Path directory) {
    this(limit, directory, SpillFile::create);
  }

  SpillingSink(int limit, @Nullable Path directory, Opener open) {
    Check.that(limit >= 0, "limit", "must not be negative", limit);
    this.limit = limit;
    this.directory = directory;
    this.open = open;
  }

  /** A thread that most programs do not need. */
  private static final class Cleaning {
    static final Cleaner CLEANER = Cleaner.create();
  }

  @Override
  public void append(String text) throws IOException {
    Objects.requireNonNull(text, "text");
    if (refused != null) {
      throw new IOException("spill file: took no more before", refused);
    }
    if (file != null) {
      append(file, text);
    } else if (text.length() <= limit - memory.length()) {
      memory.append(text);
    } else {
      SpillFile opened = spill();
      append(opened, text);
    }
  }

  /** {@return whether closing it would release nothing} */
  boolean isInMemory() {
    return file == null;
  }

  /** Moves all text to a file; where that fails, it stays in memory. */
  private SpillFile spill() throws IOException {
    SpillFile opened = open.create(directory);
    tail = ByteBuffer.allocate(BUFFER);
    try {
      write(opened, memory);
    } catch (IOException e) {
      tail.clear();
      opened.close();
      throw refuse(e);
    }
    file = opened;
    cleanable = Cleaning.CLEANER.register(this, opened::close);
    memory = new StringBuilder(0);
    return opened;
  }

  private void append(SpillFile to, String text) throws IOException {
    long before = to.size() + tail.position();
    try {
      write(to, text);
    } catch (IOException e) {
      // All of this text or none of it: the caller keeps what was refused.
      if (before >= to.size()) {
        tail.position((int) (before - to.size()));
      } else {
        to.cut(before);
        tail.clear();
      }
      throw refuse(e);
    }
  }

  private IOException refuse(IOException e) {
    refused = e;
    return e;
  }

  @Override
  public void finish() throws IOException {
    if (refused != null) {
      throw new IOException("spill file: took no more before", refused);
    }
    if (file != null) {
      try {
        flush(file);
      } catch (IOException e) {
        throw refuse(e);
      }
    }
  }

  @Override
  public Reader reader() throws IOException {
    if (file == null) {
      return new StringReader(memory.toString());
    }
    if (refused == null) {
      try {
        flush(file);
      } catch (IOException e) {
        refuse(e);
      }
    }
    file.checkOpen();
    return new SpillReader(this, file, Arrays.copyOf(tail.array(), tail.position()));
  }

  @Override
  public void close() {
    if (cleanable != null) {
      cleanable.clean();
    }
  }

  private void write(SpillFile to, CharSequence text) throws IOException {
    for (int i = 0; i < text.length(); i++) {
      if (tail.remaining() < Character.BYTES) {
        flush(to);
      }
      tail.putChar(text.charAt(i));
    }
  }

  private void flush(SpillFile to) throws IOException {
    to.append(tail.array(), tail.position());
    tail.clear();
  }

  /** Makes the file; tests make one that takes no more. */
  interface Opener {
    /** {@return a new file in a directory, or in the system's temporary one} */
    SpillFile create(@Nullable Path directory) throws IOException;
  }

  /** The open file. Not a channel: an interrupt would close that, and lose the text. */
  static final class SpillFile {
    private final ReentrantLock lock = new ReentrantLock();
    private final Path path;
    private final RandomAccessFile file;
    private final boolean named;

    /** How many bytes are kept for sure; a write that failed may have left more. */
    private long size;

    private boolean closed;

    SpillFile(Path path, RandomAccessFile file, boolean named) {
      this.path = path;
      this.file = file;
      this.named = named;
    }

    static SpillFile create(@Nullable Path directory) throws IOException {
      Path path =
          directory == null
              ? Files.createTempFile("holdfast-", ".text")
              : Files.createTempFile(directory, "holdfast-", ".text");
      try {
        return new SpillFile(path, new RandomAccessFile(path.toFile(), "rw"), !unlink(path));
      } catch (IOException e) {
        unlink(path);
        throw e;
      }
    }

    void append(byte[] bytes, int length) throws IOException {
      Objects.requireNonNull(bytes, "bytes");
      lock.lock();
      try {
        file.seek(size);
        file.write(bytes, 0, length);
        size += length;
      } finally {
        lock.unlock();
      }
    }

    /** Forgets what follows a position. */
    void cut(long position) {
      lock.lock();
      try {
        size = position;
      } finally {
        lock.unlock();
      }
    }

    long size() {
      lock.lock();
      try {
        return size;
      } finally {
        lock.unlock();
      }
    }

    void checkOpen() throws IOException {
      lock.lock();
      try {
        if (closed) {
          throw new IOException("text: its file is gone, for the stream was closed");
        }
      } finally {
        lock.unlock();
      }
    }

    int read(long position, byte[] bytes, int length) throws IOException {
      lock.lock();
      try {
        checkOpen();
        if (position >= size) {
          return -1;
        }
        file.seek(position);
        return file.read(bytes, 0, (int) Math.min(length, size - position));
      } finally {
        lock.unlock();
      }
    }

    void close() {
      lock.lock();
      try {
        closed = true;
        file.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } finally {
        if (named) {
          unlink(path);
        }
        lock.unlock();
      }
    }

    private static boolean unlink(Path path) {
      try {
        return Files.deleteIfExists(path);
      } catch (IOException e) {
        return false; // Windows keeps the name of an open file.
      }
    }
  }

  /** Reads from the start; keeps its sink reachable, and so its file open. */
  private static final class SpillReader extends Reader {
    private final SpillingSink sink;
    private final SpillFile file;
    private final byte[] bytes = new byte[BUFFER];

    /** What the file refused, to be read after it. */
    private final byte[] rest;

    private int restRead;
    private long position;
    private boolean closed;

    SpillReader(SpillingSink sink, SpillFile file, byte[] rest) {
      this.sink = sink;
      this.file = file;
      this.rest = rest;
    }

    @Override
    public int read(char[] chars, int offset, int length) throws IOException {
      if (closed) {
        throw new IOException("reader: closed");
      }
      if (length == 0) {
        return 0;
      }
      int most = Math.min(length, BUFFER / Character.BYTES) * Character.BYTES;
      int got = readBytes(most);
      if (got < 0) {
        return readRest(chars, offset, most);
      }
      int units = got / Character.BYTES;
      ByteBuffer.wrap(bytes).asCharBuffer().get(chars, offset, units);
      position += (long) units * Character.BYTES;
      return units;
    }

    private int readRest(char[] chars, int offset, int most) {
      int got = Math.min(most, rest.length - restRead);
      if (got == 0) {
        return -1;
      }
      ByteBuffer.wrap(rest, restRead, got).asCharBuffer().get(chars, offset, got / Character.BYTES);
      restRead += got;
      return got / Character.BYTES;
    }

    private int readBytes(int most) throws IOException {
      try {
        return file.read(position, bytes, most);
      } finally {
        Reference.reachabilityFence(sink);
      }
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
