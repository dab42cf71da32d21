package dev.holdfast.client;

import dev.holdfast.client.transport.Mailbox;
import dev.holdfast.client.transport.TimeSource;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;

/** A clock that stands still until somebody waits with a limit, and then jumps to it. */
final class VirtualTime implements TimeSource {
  private final AtomicLong nanos = new AtomicLong();

  void advance(long by) {
    long unused = nanos.addAndGet(by);
  }

  @Override
  public long nanoTime() {
    return nanos.get();
  }

  @Override
  public long epochMillis() {
    return nanos.get() / 1_000_000;
  }

  @Override
  @SuppressWarnings("WaitNotInLoop") // The caller loops.
  public void await(Condition changed, long limit) throws InterruptedException {
    if (limit == Long.MAX_VALUE) {
      changed.await();
    } else {
      advance(limit);
    }
  }

  @Override
  public void park(Mailbox mailbox, long limit) {
    if (limit == Long.MAX_VALUE) {
      LockSupport.park(mailbox);
    } else {
      advance(limit);
    }
  }
}
