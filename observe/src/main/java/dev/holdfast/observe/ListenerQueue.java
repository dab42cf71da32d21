package dev.holdfast.observe;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * One listener and the streams that changed since its last call: each at most once, and at most
 * {@value #MAX_WAITING} of them. So a listener that never returns holds up nothing and keeps
 * little. An end is reported once: a stream that is found over before its end is announced waits
 * for that. Thread-safe.
 */
final class ListenerQueue implements Registration {
  static final int MAX_WAITING = 10_000;

  private final MonitorListener listener;
  private final Function<LiveStream, StreamMetrics> snapshot;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();

  /** Streams with news, oldest first, and whether the news is their end. */
  private final LinkedHashMap<LiveStream, Boolean> waiting = new LinkedHashMap<>();

  private long dropped;
  private boolean closed;

  ListenerQueue(MonitorListener listener, Function<LiveStream, StreamMetrics> snapshot) {
    this.listener = listener;
    this.snapshot = snapshot;
  }

  /** Starts the listener's thread. */
  void open() {
    Thread.ofVirtual().name("holdfast-listener-desk").start(this::serve);
  }

  /** Records a change. Never blocks for long. */
  void changed(LiveStream stream) {
    note(stream, false);
  }

  /** Records a stream's end, of which there is one. Never blocks for long. */
  void ended(LiveStream stream) {
    note(stream, true);
  }

  private void note(LiveStream stream, boolean over) {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      Boolean known = waiting.putIfAbsent(stream, over);
      if (known != null) {
        waiting.put(stream, known || over);
        return;
      }
      if (waiting.size() > MAX_WAITING) {
        var unused = waiting.pollFirstEntry();
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
        Map.Entry<LiveStream, Boolean> next;
        long missed;
        lock.lockInterruptibly();
        try {
          while (waiting.isEmpty() && !closed) {
            news.await();
          }
          if (closed) {
            return;
          }
          next = waiting.pollFirstEntry();
          missed = dropped;
          dropped = 0;
        } finally {
          lock.unlock();
        }
        deliver(next.getKey(), next.getValue(), missed);
      }
    } catch (InterruptedException e) {
      close();
    }
  }

  private void deliver(LiveStream stream, boolean announced, long missed) {
    try {
      if (missed > 0) {
        listener.missed(missed);
      }
      StreamMetrics now = snapshot.apply(stream);
      if (announced || now.state() == StreamState.ACTIVE) {
        listener.updated(now);
      }
    } catch (RuntimeException | Error e) {
      // The listener's own loss; it may do better with the next stream.
    }
  }
}
