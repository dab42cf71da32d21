package dev.holdfast.client.relay;

import dev.holdfast.core.stream.ResponseHead;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * An exchange of a client that has no way to abort one: it runs on a virtual thread of its own. An
 * interrupt closes the socket that a virtual thread reads from.
 *
 * <p>Concurrency: the lock guards every field. The virtual thread fills two buffers ahead of its
 * reader at most.
 */
public final class BackgroundExchange implements RelayExchange {
  private static final int PIECE = 16 << 10;
  private static final int AHEAD = 2;

  /** A response whose body has to be read. */
  public interface Response {
    /** {@return status and headers} */
    ResponseHead head();

    /** {@return the body} */
    InputStream body();

    /**
     * Releases the connection. Called once the body is not read any more, except by {@link
     * DirectExchange}.
     */
    void close();
  }

  /** Sends the request and waits for the response head. */
  @FunctionalInterface
  public interface Call {
    /** {@return the response} */
    Response execute() throws Exception;
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<byte[]> pieces = new ArrayDeque<>();
  private final Thread thread;
  private @Nullable ResponseHead head;
  private @Nullable IOException failure;
  private boolean started;
  private boolean ended;
  private boolean aborted;
  private boolean released;
  private int taken;

  private BackgroundExchange(Call call) {
    thread = Thread.ofVirtual().name("holdfast-relay").unstarted(() -> run(call));
  }

  /** {@return an exchange that has been started} */
  public static BackgroundExchange start(Call call) {
    var exchange = new BackgroundExchange(call);
    exchange.started = true;
    exchange.thread.start();
    return exchange;
  }

  /** {@return an exchange whose response has come; its body is not touched before it is read} */
  public static BackgroundExchange of(Response response) {
    var exchange = new BackgroundExchange(() -> response);
    exchange.head = response.head();
    return exchange;
  }

  private void run(Call call) {
    try {
      var response = call.execute();
      try (var body = response.body()) {
        answered(response.head());
        byte[] piece = new byte[PIECE];
        for (int count = body.read(piece); count >= 0; count = body.read(piece)) {
          offer(Arrays.copyOf(piece, count));
        }
        end(null);
      } finally {
        response.close();
      }
    } catch (IOException e) {
      end(e);
    } catch (InterruptedException e) {
      end(new InterruptedIOException("aborted"));
    } catch (Exception e) {
      // A client's own exception; its message may quote the request.
      end(new IOException("the client failed: " + e.getClass().getSimpleName()));
    }
  }

  @Override
  public void release() {
    // A body that is read to its end is released by itself; the rest of another is not waited for.
    lock.lock();
    try {
      released = true;
      pieces.clear();
      changed.signalAll();
      if (ended) {
        return;
      }
    } finally {
      lock.unlock();
    }
    var unused = RelayClock.afterGrace(this::abort);
  }

  private void answered(ResponseHead came) {
    lock.lock();
    try {
      head = came;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void offer(byte[] piece) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (pieces.size() >= AHEAD && !aborted && !released) {
        changed.await();
      }
      if (!released) {
        pieces.add(piece);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void end(@Nullable IOException e) {
    lock.lock();
    try {
      failure = e;
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public ResponseHead head() throws IOException {
    lock.lock();
    try {
      while (head == null) {
        awaitMore();
      }
      return head;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    lock.lock();
    try {
      if (!started) {
        started = true;
        thread.start();
      }
      while (pieces.isEmpty()) {
        if (ended && failure == null && !aborted) {
          return -1;
        }
        awaitMore();
      }
      byte[] piece = pieces.getFirst();
      int count = Math.min(length, piece.length - taken);
      System.arraycopy(piece, taken, bytes, offset, count);
      taken += count;
      if (taken == piece.length) {
        pieces.removeFirst();
        taken = 0;
        changed.signalAll();
      }
      return count;
    } finally {
      lock.unlock();
    }
  }

  @SuppressWarnings("WaitNotInLoop") // Both callers loop.
  private void awaitMore() throws IOException {
    if (aborted) {
      throw new InterruptedIOException("aborted");
    }
    if (ended) {
      throw failure == null ? new IOException("the exchange ended without a response") : failure;
    }
    try {
      changed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  @Override
  public void abort() {
    lock.lock();
    try {
      aborted = true;
      if (!started) {
        started = true;
        thread.start(); // Closes the response.
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    thread.interrupt();
  }
}
