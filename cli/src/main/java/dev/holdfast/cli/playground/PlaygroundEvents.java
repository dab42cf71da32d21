package dev.holdfast.cli.playground;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What has happened on the playground, as numbered JSON objects that pages read as server-sent
 * events. Keeps the last {@value #MOST}. Thread-safe.
 */
final class PlaygroundEvents {
  private static final int MOST = 1_000;

  /** A sign of life, by which the server notices that a page has gone. */
  private static final long SIGN_OF_LIFE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition more = lock.newCondition();
  private final ArrayDeque<String> kept = new ArrayDeque<>();
  private long last;
  private boolean closed;

  /** Adds an event that happens now: a JSON object on one line. */
  void add(String event) {
    lock.lock();
    try {
      last++;
      kept.add(
          "id: %d\ndata: {\"n\":%d,\"at\":%d,\"what\":%s}\n\n"
              .formatted(last, last, System.currentTimeMillis(), event));
      if (kept.size() > MOST) {
        kept.removeFirst();
      }
      more.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Ends every reader. */
  void close() {
    lock.lock();
    try {
      closed = true;
      more.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * {@return the number of the last event, after which a reader begins that has read none} Such a
   * reader has no use for what happened before it came.
   */
  long last() {
    lock.lock();
    try {
      return last;
    } finally {
      lock.unlock();
    }
  }

  /** Writes what comes after an event, until the reader goes away or the log is closed. */
  void follow(long after, OutputStream out) throws IOException, InterruptedException {
    long at = after;
    while (true) {
      List<String> news;
      lock.lock();
      try {
        boolean waited = at < last || more.awaitNanos(SIGN_OF_LIFE_NANOS) > 0;
        if (closed) {
          return;
        }
        long first = last - kept.size();
        int skip = Math.clamp(at - first, 0, kept.size());
        news = new ArrayList<>(kept).subList(skip, kept.size());
        at = last;
        if (!waited) {
          news = List.of(": alive\n\n");
        }
      } finally {
        lock.unlock();
      }
      for (String event : news) {
        out.write(event.getBytes(StandardCharsets.UTF_8));
      }
      out.flush();
    }
  }
}
