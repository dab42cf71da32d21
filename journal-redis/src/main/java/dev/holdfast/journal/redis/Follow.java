package dev.holdfast.journal.redis;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalRefusal.Reason;
import dev.holdfast.core.spi.StoredEntry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One follower. The thread that wakes it first works for it, until nothing is left to do. It holds
 * at most one page of entries, and reads none without a demand.
 */
final class Follow implements Journal.Subscription {
  private static final int PAGE_BYTES = 64 << 10;
  private static final Duration PAUSE = Duration.ofMillis(100);

  private final RedisContext context;
  private final RedisStream stream;
  private final Journal.Follower follower;
  private final AtomicInteger wakes = new AtomicInteger();
  private final AtomicLong demand = new AtomicLong();
  private final AtomicReference<@Nullable Runnable> last = new AtomicReference<>();
  private final AtomicReference<@Nullable Answer> answer = new AtomicReference<>();

  /** Redis may have something new. */
  private final AtomicBoolean changed = new AtomicBoolean(true);

  /** This process stored something. */
  private final AtomicBoolean stored = new AtomicBoolean();

  private volatile boolean over;

  // Of the thread that works.
  private final ArrayDeque<StoredEntry> page = new ArrayDeque<>();
  private JournalOffset next;
  private @Nullable JournalEnd end;
  private boolean more;
  private boolean reading;
  private boolean verified;
  private long expires;
  private long troubledNanos;
  private boolean troubled;

  /** What a read brought. */
  private record Answer(boolean entries, @Nullable Reply reply, @Nullable Throwable thrown) {}

  Follow(RedisContext context, RedisStream stream, JournalOffset after, Journal.Follower follower) {
    this.context = context;
    this.stream = stream;
    this.follower = follower;
    next = after;
  }

  @Override
  public void demand(long entries) {
    demand.accumulateAndGet(
        entries, (now, added) -> now + added < 0 ? Long.MAX_VALUE : now + added);
    wake();
  }

  @Override
  public void cancel() {
    leave();
  }

  /** Something may have changed in Redis. */
  void changed() {
    changed.set(true);
    wake();
  }

  /** This process stored something. */
  void stored() {
    stored.set(true);
    wake();
  }

  void refuse(JournalRefusal refusal) {
    last.compareAndSet(null, () -> follower.onRefused(refusal));
    wake();
  }

  private void wake() {
    if (wakes.getAndIncrement() != 0) {
      return;
    }
    int seen = 1;
    while (seen != 0) {
      try {
        while (!over && step()) {
          // Until nothing is left to do.
        }
      } catch (RuntimeException e) {
        leave(); // A follower that fails receives nothing more.
      }
      seen = wakes.addAndGet(-seen);
    }
  }

  private void leave() {
    boolean first;
    synchronized (this) {
      first = !over;
      over = true;
    }
    if (first) {
      context.followers.decrementAndGet();
      stream.leave(this);
    }
  }

  private void finish(Runnable call) {
    leave();
    call.run();
  }

  /** {@return whether there may be more to do} */
  private boolean step() {
    var ending = last.get();
    if (ending != null) {
      finish(ending);
      return false;
    }
    var arrived = answer.getAndSet(null);
    if (arrived != null) {
      reading = false;
      accept(arrived);
      return true;
    }
    if (!page.isEmpty()) {
      return deliver();
    }
    var how = end;
    if (how != null && !more) {
      finish(() -> follower.onEnd(how));
      return false;
    }
    if (reading) {
      return false;
    }
    if (verified && stored.getAndSet(false) && !takeStored()) {
      changed.set(true);
    }
    if (!page.isEmpty() || (end != null && !more)) {
      return true;
    }
    // After a read that failed the next one waits for its pause.
    if (changed.getAndSet(false) || (more && !troubled && demand.get() > 0)) {
      read();
      return true;
    }
    return false;
  }

  private boolean deliver() {
    if (demand.get() == 0) {
      return false;
    }
    demand.getAndUpdate(now -> now == Long.MAX_VALUE ? now : now - 1);
    var entry = page.remove();
    next = entry.offset();
    follower.onEntry(entry);
    return true;
  }

  /** {@return whether what this process stored is all that there is to know} */
  private boolean takeStored() {
    var after = stream.after(next);
    if (after == null) {
      return false;
    }
    end = after.end();
    if (demand.get() > 0) {
      page.addAll(after.entries());
      more = false;
    } else {
      more = !after.entries().isEmpty();
    }
    return true;
  }

  // ---------------------------------------------------------------- Redis

  private void read() {
    boolean entries = demand.get() > 0;
    reading = true;
    var reads =
        context.link.run(
            Script.READ,
            context.keys.of(stream.id()),
            context.now(),
            Keys.bytes(stream.id().toString()),
            RedisContext.number(next.epoch()),
            RedisContext.number(next.sequence()),
            RedisContext.number(entries ? PAGE_BYTES : -1));
    var unused =
        reads.whenComplete((reply, thrown) -> {
          answer.set(new Answer(entries, reply, thrown));
          wake();
        });
  }

  private void accept(Answer arrived) {
    var reply = arrived.reply();
    if (reply == null) {
      retry();
      return;
    }
    troubled = false;
    verified = true;
    if (!reply.is("PAGE")) {
      gone(Reason.valueOf(reply.text(0)));
      return;
    }
    expires = reply.number(5);
    long tail = reply.number(2);
    List<StoredEntry> found = Pages.entries(reply, next);
    if (found == null) {
      gone(Reason.DAMAGED);
      return;
    }
    page.addAll(found);
    long reached = found.isEmpty() ? next.sequence() : found.getLast().offset().sequence();
    more = reached < tail;
    end = reply.end(3).orElse(null);
    if (arrived.entries() && found.isEmpty() && more) {
      gone(Reason.DAMAGED); // Entries are missing.
    }
  }

  private void gone(Reason reason) {
    if (reason == Reason.UNKNOWN && expires > 0 && context.options.clock.getAsLong() >= expires) {
      last.compareAndSet(null, () -> follower.onEnd(JournalEnd.of(JournalEnd.Kind.EXPIRED)));
      return;
    }
    var refusal =
        reason == Reason.UNKNOWN
            ? RedisContext.unknown()
            : new JournalRefusal(reason, "offset: must be of this stream as it is stored");
    last.compareAndSet(null, () -> follower.onRefused(refusal));
  }

  private void retry() {
    long now = context.nanoTime();
    if (!troubled) {
      troubled = true;
      troubledNanos = now;
    }
    if (now - troubledNanos > context.options.patience.toNanos()) {
      var refusal = new JournalRefusal(Reason.STORAGE, "Redis: must answer, did not");
      last.compareAndSet(null, () -> follower.onRefused(refusal));
      return;
    }
    context.later(PAUSE, this::changed);
  }

  /** {@return a subscription that is over} */
  static Journal.Subscription refused(Journal.Follower follower, JournalRefusal refusal) {
    follower.onRefused(refusal);
    return new Journal.Subscription() {
      @Override
      public void demand(long entries) {}

      @Override
      public void cancel() {}
    };
  }
}
