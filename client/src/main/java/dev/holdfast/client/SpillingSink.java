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
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps text in memory up to a limit, then all of it in a temporary file that only its owner can
 * read. The file is UTF-16 big-endian without a mark, so that halves of surrogate pairs survive
 * being delivered apart. It loses its name at once where the system allows that, and is gone with
 * {@link #close}, or with the sink itself when nobody closes it.
 *
 * <p>Text that stayed in memory can be read after closing; text in a file cannot.
 */
public final class SpillingSink implements TextSink {
  /** 8 Mi characters, which are at most 16 MiB. */
  public static final int DEFAULT_LIMIT = 8 << 20;

  private static final Cleaner CLEANER = Cleaner.create();
  private static final int BUFFER = 16 << 10;

  private final int limit;
  private final @Nullable Path directory;
  private StringBuilder memory = new StringBuilder();
  private final ByteBuffer tail = ByteBuffer.allocate(BUFFER);
  private @Nullable SpillFile file;
  private Cleaner.@Nullable Cleanable cleanable;

  /** A sink with the default limit that spills to the system's temporary directory. */
  public SpillingSink() {
    this(DEFAULT_LIMIT, null);
  }

  /**
   * A sink of one's own.
   *
   * @param limit UTF-16 units kept in memory
   * @param directory where the file goes; null for the system's temporary directory
   */
  public SpillingSink(int limit, @Nullable Path directory) {
    Check.that(limit >= 0, "limit", "must not be negative", limit);
    this.limit = limit;
    this.directory = directory;
  }

  @Override
  public void append(String text) throws IOException {
    if (file != null) {
      write(file, text);
    } else if (text.length() <= limit - memory.length()) {
      memory.append(text);
    } else {
      SpillFile opened = SpillFile.create(directory);
      file = opened;
      cleanable = CLEANER.register(this, opened::close);
      write(opened, memory);
      memory = new StringBuilder(0);
      write(opened, text);
    }
  }

  @Override
  public void finish() throws IOException {
    if (file != null) {
      flush(file);
    }
  }

  @Override
  public Reader reader() throws IOException {
    if (file == null) {
      return new StringReader(memory.toString());
    }
    flush(file);
    return new SpillReader(this, file);
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
    tail.flip();
    to.append(tail.array(), tail.limit());
    tail.clear();
  }

  /** The open file. Not a channel: an interrupt would close that, and lose the text. */
  private static final class SpillFile {
    private final ReentrantLock lock = new ReentrantLock();
    private final Path path;
    private final RandomAccessFile file;
    private final boolean named;
    private boolean closed;

    private SpillFile(Path path, RandomAccessFile file, boolean named) {
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
      lock.lock();
      try {
        file.seek(file.length());
        file.write(bytes, 0, length);
      } finally {
        lock.unlock();
      }
    }

    int read(long position, byte[] bytes, int length) throws IOException {
      lock.lock();
      try {
        if (closed) {
          throw new IOException("text: its file is gone, for the stream was closed");
        }
        file.seek(position);
        return file.read(bytes, 0, length);
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
    private long position;
    private boolean closed;

    SpillReader(SpillingSink sink, SpillFile file) {
      this.sink = sink;
      this.file = file;
    }

    @Override
    public int read(char[] chars, int offset, int length) throws IOException {
      if (closed) {
        throw new IOException("reader: closed");
      }
      if (length == 0) {
        return 0;
      }
      int got = readBytes(Math.min(length, BUFFER / Character.BYTES) * Character.BYTES);
      if (got < 0) {
        return -1;
      }
      int units = got / Character.BYTES;
      ByteBuffer.wrap(bytes).asCharBuffer().get(chars, offset, units);
      position += (long) units * Character.BYTES;
      return units;
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
