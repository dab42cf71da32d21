package dev.holdfast.journal.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A file of this machine. Readers have a channel of their own: a thread that is interrupted while
 * it reads closes the channel for all, and the writer's must stay open.
 */
final class DiskFile implements JournalFile {
  private final Path path;
  private final FileChannel writing;
  private final ReentrantLock reopening = new ReentrantLock();
  private volatile FileChannel reading;
  private volatile boolean closed;

  DiskFile(Path path, FileChannel writing) throws IOException {
    this.path = path;
    this.writing = writing;
    reading = FileChannel.open(path, StandardOpenOption.READ);
  }

  @Override
  public long size() throws IOException {
    return writing.size();
  }

  @Override
  public int read(ByteBuffer target, long position) throws IOException {
    int start = target.position();
    boolean interrupted = false;
    try {
      while (target.hasRemaining()) {
        var channel = reading;
        try {
          if (channel.read(target, position + target.position() - start) < 0) {
            break;
          }
        } catch (ClosedByInterruptException e) {
          interrupted |= Thread.interrupted();
          reopen(channel, e);
        } catch (ClosedChannelException e) {
          reopen(channel, e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    return target.position() - start;
  }

  private void reopen(FileChannel broken, ClosedChannelException cause) throws IOException {
    reopening.lock();
    try {
      if (closed) {
        throw cause;
      }
      if (reading.equals(broken)) {
        reading = FileChannel.open(path, StandardOpenOption.READ);
      }
    } finally {
      reopening.unlock();
    }
  }

  @Override
  public void write(ByteBuffer source, long position) throws IOException {
    long at = position;
    while (source.hasRemaining()) {
      at += writing.write(source, at);
    }
  }

  @Override
  public void sync() throws IOException {
    writing.force(false);
  }

  @Override
  public void truncate(long size) throws IOException {
    writing.truncate(size);
  }

  @Override
  public void close() throws IOException {
    reopening.lock();
    try {
      closed = true;
      reading.close();
    } finally {
      reopening.unlock();
      writing.close();
    }
  }
}
