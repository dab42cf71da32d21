package dev.holdfast.client.observing;

import dev.holdfast.core.spi.Observation;
import dev.holdfast.core.spi.StreamObserver;
import java.util.ArrayDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Decouples streams from an observer that may block: a stream queues its news and continues, a
 * virtual thread per stream delivers them. Bounded twice: {@value #QUEUE} calls wait per stream,
 * and at most {@value #STREAMS} streams are reported at a time. The excess is dropped.
 */
public final class QueuedObserver implements StreamObserver {
  /** Calls that may wait for the observer, per stream. */
  public static final int QUEUE = 256;

  /** Streams with a thread of their own; an observer that never returns keeps no more. */
  static final int STREAMS = 1000;

  /** One call on its way. */
  private sealed interface Call {
    long nanos();

    record Received(int attempt, int bytes, int frames, long nanos) implements Call {}

    record Delivered(int events, long characters, long nanos) implements Call {}

    record Observed(Observation observation, long nanos) implements Call {}
  }

  private final StreamObserver observer;
  private final Semaphore streams = new Semaphore(STREAMS);

  private QueuedObserver(StreamObserver observer) {
    this.observer = observer;
  }

  /** {@return the observer itself if it never blocks} */
  public static StreamObserver around(StreamObserver observer) {
    return observer.neverBlocks() ? observer : new QueuedObserver(observer);
  }

  @Override
  public boolean neverBlocks() {
    return true;
  }

  @Override
  public @Nullable Watch begun(Target first, long nanos) {
    if (!streams.tryAcquire()) {
      return null;
    }
    var queue = new Queue();
    Thread.ofVirtual()
        .name("holdfast-observer")
        .start(() -> {
          try {
            var watch = observer.begun(first, nanos);
            if (watch != null) {
              bring(queue, watch);
            }
          } catch (InterruptedException | RuntimeException | Error e) {
            // A failing observer is dropped for this stream.
          } finally {
            queue.abandon();
            streams.release();
          }
        });
    return queue;
  }

  private static void bring(Queue queue, Watch watch) throws InterruptedException {
    boolean over = false;
    while (!over) {
      Call call = queue.take();
      switch (call) {
        case Call.Received(int attempt, int bytes, int frames, long nanos) ->
            watch.received(attempt, bytes, frames, nanos);
        case Call.Delivered(int events, long characters, long nanos) ->
            watch.delivered(events, characters, nanos);
        case Call.Observed(Observation observation, long nanos) -> {
          watch.observed(observation, nanos);
          over = observation instanceof Observation.Ended;
        }
      }
    }
  }

  /** The calls that wait for one stream's observer. */
  private static final class Queue implements Watch {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition filled = lock.newCondition();
    private final ArrayDeque<Call> calls = new ArrayDeque<>();
    private long missed;
    private boolean abandoned;

    @Override
    public void received(int attempt, int bytes, int frames, long nanos) {
      put(new Call.Received(attempt, bytes, frames, nanos));
    }

    @Override
    public void delivered(int events, long characters, long nanos) {
      put(new Call.Delivered(events, characters, nanos));
    }

    @Override
    public void observed(Observation observation, long nanos) {
      put(new Call.Observed(observation, nanos));
    }

    private void put(Call call) {
      lock.lock();
      try {
        boolean last = call instanceof Call.Observed(Observation.Ended ended, long nanos);
        if (abandoned) {
          return;
        }
        if (calls.size() >= QUEUE && !last) {
          missed++;
          return;
        }
        if (missed > 0) {
          calls.add(new Call.Observed(new Observation.Missed(missed), call.nanos()));
          missed = 0;
        }
        calls.add(call);
        filled.signal();
      } finally {
        lock.unlock();
      }
    }

    Call take() throws InterruptedException {
      lock.lockInterruptibly();
      try {
        while (calls.isEmpty()) {
          filled.await();
        }
        return calls.remove();
      } finally {
        lock.unlock();
      }
    }

    void abandon() {
      lock.lock();
      try {
        abandoned = true;
        calls.clear();
      } finally {
        lock.unlock();
      }
    }
  }
}
