package dev.holdfast.client;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A publisher over sources that block. Every subscription opens a source of its own, read by a
 * virtual thread no further than the subscriber asks (the Reactive Streams rules).
 *
 * @param <T> what is published
 */
public final class PullPublisher<T> implements Flow.Publisher<T> {
  /**
   * What one subscription reads.
   *
   * @param <T> what is published
   */
  public interface Source<T> extends AutoCloseable {
    /**
     * {@return the next element, waiting for it; null at the end}
     *
     * @throws Exception the error that ends the subscription
     */
    @Nullable T next() throws Exception;

    /**
     * Releases the source. Any thread, more than once, never blocks; a wait in {@link #next} ends.
     */
    @Override
    void close();
  }

  private final Supplier<? extends Source<? extends T>> sources;

  /**
   * A publisher.
   *
   * @param sources opens one source for each subscription
   */
  public PullPublisher(Supplier<? extends Source<? extends T>> sources) {
    this.sources = Objects.requireNonNull(sources, "sources");
  }

  @Override
  public void subscribe(Flow.Subscriber<? super T> subscriber) {
    Objects.requireNonNull(subscriber, "subscriber");
    var reading = new Reading<T>(sources, subscriber);
    Thread.ofVirtual().name("holdfast-publisher").start(reading);
  }

  /** One subscription and its thread. */
  private static final class Reading<T> implements Flow.Subscription, Runnable {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Supplier<? extends Source<? extends T>> sources;
    private final Flow.Subscriber<? super T> subscriber;
    private @Nullable Source<? extends T> source;
    private long demand;
    private boolean cancelled;
    private @Nullable IllegalArgumentException misuse;

    Reading(
        Supplier<? extends Source<? extends T>> sources, Flow.Subscriber<? super T> subscriber) {
      this.sources = sources;
      this.subscriber = subscriber;
    }

    @Override
    public void request(long n) {
      lock.lock();
      try {
        if (n <= 0) {
          misuse = new IllegalArgumentException("request: must be positive (rule 3.9), was " + n);
        } else {
          // Effectively unbounded past Long.MAX_VALUE: rule 3.17.
          demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
        }
        changed.signal();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void cancel() {
      Source<? extends T> open;
      lock.lock();
      try {
        cancelled = true;
        open = source;
        changed.signal();
      } finally {
        lock.unlock();
      }
      if (open != null) {
        open.close();
      }
    }

    @Override
    public void run() {
      subscriber.onSubscribe(this);
      if (isCancelled()) {
        return;
      }
      Source<? extends T> open;
      try {
        open = sources.get();
      } catch (RuntimeException e) {
        subscriber.onError(e);
        return;
      }
      try (open) {
        if (adopted(open)) {
          pass(open);
        }
      }
    }

    private void pass(Source<? extends T> open) {
      while (true) {
        Throwable refused = awaitDemand();
        if (isCancelled()) {
          return;
        }
        if (refused != null) {
          subscriber.onError(refused);
          return;
        }
        T element;
        try {
          element = open.next();
        } catch (Exception e) {
          if (!isCancelled()) {
            subscriber.onError(e);
          }
          return;
        }
        if (isCancelled()) {
          return;
        }
        if (element == null) {
          subscriber.onComplete();
          return;
        }
        subscriber.onNext(element);
      }
    }

    /**
     * {@return what the subscriber did wrong, or null} Takes one from the demand, waiting for it.
     */
    private @Nullable Throwable awaitDemand() {
      lock.lock();
      try {
        while (demand == 0 && !cancelled && misuse == null) {
          changed.await();
        }
        if (demand != Long.MAX_VALUE) {
          demand--;
        }
        return misuse;
      } catch (InterruptedException e) {
        return StreamException.of(
            Failure.permanent(Cause.CANCELLED, "the publishing thread was interrupted"),
            "",
            List.of());
      } finally {
        lock.unlock();
      }
    }

    private boolean isCancelled() {
      lock.lock();
      try {
        return cancelled;
      } finally {
        lock.unlock();
      }
    }

    private boolean adopted(Source<? extends T> open) {
      lock.lock();
      try {
        source = open;
        return !cancelled;
      } finally {
        lock.unlock();
      }
    }
  }
}
