package dev.holdfast.testkit.proxy;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Which answers under one address are cut, and what passed there. Thread-safe. */
public final class CutPlan {
  /**
   * One exchange that passed.
   *
   * @param method of the request
   * @param path of the request at the server, with its query
   * @param status of the response
   * @param events that reached the client
   * @param bytes of the body that reached the client
   * @param cut what ended it; null if it passed whole
   */
  public record Exchange(
      String method, String path, int status, int events, long bytes, @Nullable Cut cut) {}

  private final URI baseUrl;
  private final List<Cut> cuts;
  private final List<Exchange> exchanges = new ArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();
  private int answers;

  CutPlan(URI baseUrl, List<Cut> cuts) {
    this.baseUrl = baseUrl;
    this.cuts = List.copyOf(cuts);
  }

  /** {@return the address that a client is given in place of the server's} */
  public URI baseUrl() {
    return baseUrl;
  }

  /** {@return what passed and has ended, in the order of its end} */
  public List<Exchange> exchanges() {
    lock.lock();
    try {
      return List.copyOf(exchanges);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until at least so many exchanges have ended. A client may have read an answer before the
   * proxy has recorded its end.
   *
   * @return whether that was so within the time
   */
  public boolean awaitEnded(int count, Duration timeout) throws InterruptedException {
    long left = timeout.toNanos();
    lock.lock();
    try {
      while (exchanges.size() < count && left > 0) {
        left = ended.awaitNanos(left);
      }
      return exchanges.size() >= count;
    } finally {
      lock.unlock();
    }
  }

  /** {@return what cuts the next streamed answer; null if it passes} */
  @Nullable Cut next() {
    lock.lock();
    try {
      return answers < cuts.size() ? cuts.get(answers++) : null;
    } finally {
      lock.unlock();
    }
  }

  void passed(Exchange exchange) {
    lock.lock();
    try {
      exchanges.add(exchange);
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
