package dev.holdfast.observe;

import java.util.LinkedHashSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * One listener and the streams it has not been told of since they changed: each at most once, and
 * at most {@value #MAX_WAITING} of them, so that a listener that never returns holds up nothing and
 * keeps little. Thread-safe.
 */
final class ListenerDesk implements Registration {
  static final int MAX_WAITING = 10_000;

  private final MonitorListener listener;
  private final Function<LiveStream, StreamMetrics> snapshot;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  private final LinkedHashSet<LiveStream> waiting = new LinkedHashSet<>();
  private long dropped;
  private boolean closed;

  ListenerDesk(MonitorListener listener, Function<LiveStream, StreamMetrics> snapshot) {
    this.listener = listener;
    this.snapshot = snapshot;
  }

  /** Starts the listener's thread. */
  void open() {
    Thread.ofVirtual().name("holdfast-listener-desk").start(this::serve);
  }

  /** Takes note of a change. Never blocks for long. */
  void changed(LiveStream stream) {
    lock.lock();
    try {
      if (closed || !waiting.add(stream)) {
        return;
      }
      if (waiting.size() > MAX_WAITING) {
        var unused = waiting.removeFirst();
        dropped++;
      }
      news.signal();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      waiting.clear();
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void serve() {
    try {
      while (true) {
        LiveStream stream;
        long missed;
        lock.lockInterruptibly();
        try {
          while (waiting.isEmpty() && !closed) {
            news.await();
          }
          if (closed) {
            return;
          }
          stream = waiting.removeFirst();
          missed = dropped;
          dropped = 0;
        } finally {
          lock.unlock();
        }
        tell(stream, missed);
      }
    } catch (InterruptedException e) {
      close();
    }
  }

  private void tell(LiveStream stream, long missed) {
    try {
      if (missed > 0) {
        listener.missed(missed);
      }
      listener.updated(snapshot.apply(stream));
    } catch (RuntimeException | Error e) {
      // The listener's own loss; it may do better with the next stream.
    }
  }
}
