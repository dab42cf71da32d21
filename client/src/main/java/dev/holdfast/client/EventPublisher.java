package dev.holdfast.client;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A stream as a publisher: every subscription makes a stream of its own, read by a virtual thread
 * no further than the subscriber asks. A complete answer completes; any other ends with its {@link
 * StreamException}.
 */
final class EventPublisher implements Flow.Publisher<StreamEvent> {
  private final Supplier<CompletionStream> streams;

  EventPublisher(Supplier<CompletionStream> streams) {
    this.streams = streams;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super StreamEvent> subscriber) {
    Objects.requireNonNull(subscriber, "subscriber");
    var reading = new Reading(streams, subscriber);
    Thread.ofVirtual().name("holdfast-publisher").start(reading);
  }

  /** One subscription and its thread. */
  private static final class Reading implements Flow.Subscription, Runnable {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Supplier<CompletionStream> streams;
    private final Flow.Subscriber<? super StreamEvent> subscriber;
    private @Nullable CompletionStream stream;
    private long demand;
    private boolean cancelled;
    private @Nullable IllegalArgumentException misuse;

    Reading(Supplier<CompletionStream> streams, Flow.Subscriber<? super StreamEvent> subscriber) {
      this.streams = streams;
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
      CompletionStream open;
      lock.lock();
      try {
        cancelled = true;
        open = stream;
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
      CompletionStream open;
      try {
        open = streams.get();
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

    private void pass(CompletionStream open) {
      while (true) {
        Throwable refused = awaitDemand();
        if (isCancelled()) {
          return;
        }
        if (refused != null) {
          subscriber.onError(refused);
          return;
        }
        StreamEvent event = open.next().orElse(null);
        if (isCancelled()) {
          return;
        }
        if (event == null) {
          end(open.outcome());
          return;
        }
        subscriber.onNext(event);
      }
    }

    private void end(Outcome outcome) {
      try {
        Outcome unused = outcome.requireComplete();
      } catch (StreamException e) {
        subscriber.onError(e);
        return;
      }
      subscriber.onComplete();
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

    private boolean adopted(CompletionStream open) {
      lock.lock();
      try {
        stream = open;
        return !cancelled;
      } finally {
        lock.unlock();
      }
    }
  }
}
