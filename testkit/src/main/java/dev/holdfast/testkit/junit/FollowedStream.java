package dev.holdfast.testkit.junit;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.StoredEntry;
import dev.holdfast.core.spi.StreamId;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A follower whose calls are kept as texts; two calls at a time are an error. */
final class FollowedStream implements Journal.Follower {
  final Journal.Subscription subscription;
  private final LinkedBlockingQueue<String> calls = new LinkedBlockingQueue<>();
  private final AtomicBoolean busy = new AtomicBoolean();
  private final AtomicInteger received = new AtomicInteger();

  FollowedStream(Journal journal, StreamId id, JournalOffset after) {
    subscription = journal.follow(id, after, this);
  }

  @Override
  public void onEntry(StoredEntry entry) {
    received.incrementAndGet();
    keep(JournalCalls.text(entry) + "@" + entry.offset().epoch() + "_" + entry.offset().sequence());
  }

  @Override
  public void onEnd(JournalEnd end) {
    keep("end " + end.kind() + " " + end.detail());
  }

  @Override
  public void onRefused(JournalRefusal refusal) {
    keep("refused " + refusal.reason());
  }

  private void keep(String call) {
    if (!busy.compareAndSet(false, true)) {
      calls.add("a call during another one: " + call);
    }
    calls.add(call);
    busy.set(false);
  }

  /** {@return the next call, once it is made} */
  String next() {
    try {
      String call = calls.poll(JournalCalls.PATIENCE_SECONDS, TimeUnit.SECONDS);
      return call == null ? "no call" : call;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }

  /** {@return a call that was made already; null if there is none} */
  @Nullable String now() {
    return calls.poll();
  }

  int received() {
    return received.get();
  }
}
