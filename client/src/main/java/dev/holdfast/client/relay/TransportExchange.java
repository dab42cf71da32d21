package dev.holdfast.client.relay;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * An exchange of a {@link Transport}, for hosts without an HTTP client of their own. At most two
 * pieces of a body are read ahead.
 *
 * <p>Concurrency: the lock guards every field.
 */
public final class TransportExchange implements RelayExchange {
  private static final int AHEAD = 2;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<ByteBuffer> pieces = new ArrayDeque<>();
  private final long headNanos;
  private final long sentNanos = System.nanoTime();
  private Transport.@Nullable Exchange exchange;
  private @Nullable ResponseHead head;
  private @Nullable Failure failure;
  private boolean ended;
  private boolean aborted;
  private boolean released;

  private TransportExchange(Duration headTimeout) {
    headNanos = headTimeout.isPositive() ? headTimeout.toNanos() : Long.MAX_VALUE;
  }

  /** {@return a sender whose exchanges wait for a response head as long as the clocks do} */
  public static Sender sender(Transport transport) {
    return sender(transport, Duration.ZERO);
  }

  /**
   * {@return a sender}
   *
   * @param headTimeout how long a response head may take from the request on; zero for no limit of
   *     its own
   */
  public static Sender sender(Transport transport, Duration headTimeout) {
    return request -> {
      var sent = new TransportExchange(headTimeout);
      sent.begin(transport.open(request, sent.new Arrivals()));
      return sent;
    };
  }

  private void begin(Transport.Exchange opened) {
    lock.lock();
    try {
      exchange = opened;
    } finally {
      lock.unlock();
    }
    opened.demand(AHEAD);
  }

  @Override
  public ResponseHead head() throws IOException {
    lock.lock();
    try {
      while (head == null) {
        check();
        long left =
            headNanos == Long.MAX_VALUE
                ? Long.MAX_VALUE
                : headNanos - (System.nanoTime() - sentNanos);
        if (left <= 0) {
          throw new RelayFailure(
              Failure.retryable(
                  Cause.FIRST_TOKEN_TIMEOUT,
                  "no response came within " + Duration.ofNanos(headNanos).toMillis() + " ms"));
        }
        await(left);
      }
      return head;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    Transport.Exchange open;
    int count;
    lock.lock();
    try {
      while (pieces.isEmpty()) {
        if (ended && failure == null && !aborted) {
          return -1;
        }
        check();
        await(Long.MAX_VALUE);
      }
      var piece = pieces.getFirst();
      count = Math.min(length, piece.remaining());
      piece.get(bytes, offset, count);
      if (piece.hasRemaining()) {
        return count;
      }
      pieces.removeFirst();
      open = exchange;
    } finally {
      lock.unlock();
    }
    if (open != null) {
      open.demand(1);
    }
    return count;
  }

  /** Throws if nothing more will come. */
  private void check() throws IOException {
    if (aborted) {
      throw new InterruptedIOException("aborted");
    }
    if (failure != null) {
      throw new RelayFailure(failure);
    }
    if (ended) {
      throw new IOException("the exchange ended without a response");
    }
  }

  @SuppressWarnings({"WaitNotInLoop", "AwaitReturnValueIgnored"}) // Both callers loop.
  private void await(long nanos) throws IOException {
    try {
      if (nanos == Long.MAX_VALUE) {
        changed.await();
      } else {
        long unused = changed.awaitNanos(nanos);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  @Override
  public void abort() {
    Transport.Exchange open;
    lock.lock();
    try {
      aborted = true;
      open = exchange;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (open != null) {
      open.cancel();
    }
  }

  @Override
  public void release() {
    // A body that is read to its end keeps its connection; the rest of another is not waited for.
    Transport.Exchange open;
    lock.lock();
    try {
      released = true;
      pieces.clear();
      if (ended) {
        return;
      }
      open = exchange;
    } finally {
      lock.unlock();
    }
    if (open != null) {
      open.demand(Long.MAX_VALUE);
    }
    var unused = RelayClock.afterGrace(this::abort);
  }

  /** What the transport reports, on its own threads. */
  private final class Arrivals implements Transport.Receiver {
    @Override
    public void onHead(ResponseHead came) {
      signal(() -> head = came);
    }

    @Override
    public void onBytes(ByteBuffer bytes) {
      signal(() -> {
        if (!released) {
          pieces.add(bytes);
        }
      });
    }

    @Override
    public void onEnd() {
      signal(() -> ended = true);
    }

    @Override
    public void onFailure(Failure reported) {
      signal(() -> {
        ended = true;
        failure = reported;
      });
    }

    private void signal(Runnable change) {
      lock.lock();
      try {
        change.run();
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }
}
