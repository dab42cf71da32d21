package dev.holdfast.client.transport;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Runs the tasks of the JDK's client: each on a virtual thread, except those that only pass on the
 * body of an open exchange. These run in place, on the thread that reads all sockets of a client.
 *
 * <p>The JDK names no task. But it reads a body by one task, which it submits anew for every piece.
 * A task that brought a piece of a body over HTTP/1.1 is therefore known, until its exchange ends.
 * It decrypts, takes chunks apart, and calls a receiver, which only fills a mailbox. All that may
 * take long is another task: a name that is looked up, a connection that is made or repeated, and
 * the steps of a TLS handshake. Over HTTP/2 the task that reads a body also repeats requests, so it
 * never runs in place.
 *
 * <p>Not an {@link ExecutorService}: of one of those the JDK assumes that it runs nothing in place.
 */
public final class CallbackThreads implements Executor, AutoCloseable {
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** Which task each of the virtual threads runs. */
  private final ConcurrentMap<Thread, Runnable> running = new ConcurrentHashMap<>();

  /** The tasks that run in place. The JDK's have no equality but identity. */
  private final Set<Runnable> passing = ConcurrentHashMap.newKeySet();

  @Override
  public void execute(Runnable task) {
    if (passing.contains(task)) {
      task.run();
    } else {
      threads.execute(() -> runAlone(task));
    }
  }

  private void runAlone(Runnable task) {
    var thread = Thread.currentThread();
    running.put(thread, task);
    try {
      task.run();
    } finally {
      running.remove(thread);
    }
  }

  /** Ends what runs, and takes nothing more. */
  @Override
  public void close() {
    threads.shutdown();
  }

  /** {@return how many tasks run in place; for tests} */
  public int inPlace() {
    return passing.size();
  }

  /** {@return the tasks of a new exchange, none of which is known} */
  Body body() {
    return new Body();
  }

  /**
   * The tasks that bring the body of one exchange: one that reads the exchange, and with TLS one
   * that decrypts its connection. The first piece may come in a third, which does not come again.
   */
  final class Body {
    private static final int MOST = 3;

    private final ReentrantLock lock = new ReentrantLock();
    private final List<Runnable> known = new ArrayList<>(MOST);
    private boolean over;

    /** A piece has come on this thread: the task that brings it runs in place from now on. */
    void arrived() {
      var thread = Thread.currentThread();
      var task = thread.isVirtual() ? running.get(thread) : null;
      if (task == null) {
        return; // It does already, or this is the thread of a reader that had demand.
      }
      lock.lock();
      try {
        if (!over && known.size() < MOST && passing.add(task)) {
          known.add(task);
        }
      } finally {
        lock.unlock();
      }
    }

    /** The exchange has ended: its connection may serve others. */
    void ended() {
      lock.lock();
      try {
        over = true;
        for (var task : known) {
          passing.remove(task);
        }
        known.clear();
      } finally {
        lock.unlock();
      }
    }
  }
}
