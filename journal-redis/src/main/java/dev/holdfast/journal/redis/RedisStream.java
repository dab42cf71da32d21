package dev.holdfast.journal.redis;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalRefusal.Reason;
import dev.holdfast.core.spi.StreamId;
import io.lettuce.core.RedisCommandExecutionException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One stream as this process uses it: what waits to be written, one operation at a time, and its
 * readers. With one operation at a time an answer that got lost is found again by the token that
 * the operation left. So none is done twice. Thread-safe.
 */
final class RedisStream {
  /** So many bytes are written without waiting for more. */
  private static final long WORTH_WRITING = 64 << 10;

  private static final long MOST_MERGED = 1 << 20;
  private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(1);
  private static final long FOREVER = Long.MAX_VALUE / 2;
  private static final JournalEnd LOST =
      new JournalEnd(JournalEnd.Kind.FAILED, "the store did not answer");

  /** Answers of a Redis that cannot write now, and may later. */
  private static final Set<String> PASSING =
      Set.of(
          "LOADING",
          "BUSY",
          "MASTERDOWN",
          "READONLY",
          "CLUSTERDOWN",
          "TRYAGAIN",
          "NOREPLICAS",
          "MISCONF",
          "MOVED",
          "ASK",
          "UNKILLABLE");

  private final RedisContext context;
  private final StreamId id;
  private final StreamScripts scripts;
  private final ReentrantLock lock = new ReentrantLock();
  private final List<Follow> followers = new CopyOnWriteArrayList<>();

  // Guarded by the lock.
  private final ArrayDeque<Operation> waiting = new ArrayDeque<>();
  private final Recent recent;
  private long waitingBytes;
  private int unmerged;
  private boolean inFlight;
  private boolean resting;
  private boolean restOver;
  private boolean failed;
  private long sentNanos;
  private boolean sent;

  /** It is not among the streams any more. */
  private boolean forgotten;

  RedisStream(RedisContext context, StreamId id) {
    this.context = context;
    this.id = id;
    scripts = new StreamScripts(context, id);
    recent = new Recent(context.memory, context.options.memoryBytes);
  }

  StreamId id() {
    return id;
  }

  // ---------------------------------------------------------------- what waits

  /** {@return whether nothing refers to it} It is forgotten then. */
  private boolean isIdle() {
    lock.lock();
    try {
      long longest = context.options.linger.toNanos();
      boolean recently = sent && context.nanoTime() - sentNanos < longest; // The next one waits.
      boolean idle =
          !inFlight
              && !resting
              && waiting.isEmpty()
              && followers.isEmpty()
              && !failed
              && !recently
              && !context.owned.containsKey(id); // More comes soon.
      if (idle) {
        recent.clear();
        forgotten = true;
      }
      return idle;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes an operation; {@link #pump} sends it.
   *
   * @return whether it did; not once it was forgotten
   */
  boolean add(Operation operation) {
    lock.lock();
    try {
      if (forgotten) {
        return false;
      }
      context.waiting.incrementAndGet();
      context.pendingBytes.addAndGet(operation.size());
      waitingBytes += operation.size();
      waiting.add(operation);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** {@return whether appends are refused, because one before them got lost} */
  boolean isFailed() {
    lock.lock();
    try {
      return failed;
    } finally {
      lock.unlock();
    }
  }

  /** Sends what may be sent now. */
  void pump() {
    Operation next;
    lock.lock();
    try {
      if (inFlight || waiting.isEmpty()) {
        return;
      }
      if (isPatient() && !restOver) {
        long rest = sentNanos + context.lingerNanos() - context.nanoTime();
        if (resting) {
          return;
        }
        if (sent && rest > 0) {
          resting = true;
          context.later(Duration.ofNanos(rest), this::rested);
          return;
        }
      }
      restOver = false;
      next = take();
      inFlight = true;
      if (next instanceof Operation.Append) {
        sent = true;
        sentNanos = context.nanoTime();
      }
    } finally {
      lock.unlock();
    }
    send(next, context.token(), context.nanoTime() + context.options.patience.toNanos(), 0);
  }

  private void rested() {
    lock.lock();
    try {
      resting = false;
      restOver = true;
    } finally {
      lock.unlock();
    }
    pump();
    tidy();
  }

  /** {@return whether all that waits are few entries of an open stream} */
  private boolean isPatient() {
    if (waitingBytes >= WORTH_WRITING || context.closed) {
      return false;
    }
    for (Operation operation : waiting) {
      if (!(operation instanceof Operation.Append append) || append.batch().end().isPresent()) {
        return false;
      }
    }
    return true;
  }

  private Operation take() {
    var first = waiting.remove();
    waitingBytes -= first.size();
    if (unmerged > 0) {
      unmerged--;
      return first;
    }
    if (!(first instanceof Operation.Append append) || waiting.isEmpty()) {
      return first;
    }
    var parts = new ArrayList<>(List.of(append));
    long bytes = append.size();
    int count = append.batch().entries().size();
    while (parts.getLast().batch().end().isEmpty()
        && waiting.peek() instanceof Operation.Append next
        && follows(append.batch(), count, next.batch())
        && bytes + next.size() <= Math.min(MOST_MERGED, context.options.limits.batch())
        && count + next.batch().entries().size() <= JournalBatch.MAX_ENTRIES) {
      waiting.remove();
      waitingBytes -= next.size();
      bytes += next.size();
      count += next.batch().entries().size();
      parts.add(next);
    }
    return parts.size() == 1 ? append : merged(parts);
  }

  private static boolean follows(JournalBatch first, int count, JournalBatch next) {
    boolean placed =
        first.expected() == JournalBatch.ANYWHERE
            ? next.expected() == JournalBatch.ANYWHERE
            : next.expected() == JournalBatch.ANYWHERE
                || next.expected() == first.expected() + count;
    return placed && first.epoch() == next.epoch();
  }

  private static Operation merged(List<Operation.Append> parts) {
    var entries = new ArrayList<JournalEntry>();
    parts.forEach(part -> entries.addAll(part.batch().entries()));
    var first = parts.getFirst().batch();
    var batch =
        new JournalBatch(first.epoch(), first.expected(), entries, parts.getLast().batch().end());
    return new Operation.Append(batch, List.copyOf(parts), parts.getFirst().receipt());
  }

  // ---------------------------------------------------------------- one operation

  private void send(Operation operation, byte[] token, long deadline, int tries) {
    long began = context.nanoTime();
    long millis = context.options.clock.getAsLong();
    try {
      scripts.run(
          operation,
          token,
          millis,
          (reply, thrown) -> {
            if (reply != null) {
              context.answered(context.nanoTime() - began);
              answered(operation, reply, millis);
            } else {
              var cause = Objects.requireNonNull(thrown);
              failed(operation, token, deadline, tries, RedisLink.cause(cause));
            }
          });
    } catch (RuntimeException e) {
      failed(operation, token, deadline, tries, e);
    }
  }

  private void answered(Operation operation, Reply reply, long millis) {
    if (operation instanceof Operation.Delete) {
      context.removed(id);
    }
    if (!reply.is("STORED")) {
      refused(operation, new JournalRefusal(Reason.valueOf(reply.text(0)), rule(reply)));
      return;
    }
    scripts.count(operation, reply);
    var tail = reply.offset(1);
    switch (operation) {
      case Operation.Create create -> context.owned.put(id, create.stream().epoch());
      case Operation.Fence fence -> context.owned.put(id, fence.epoch());
      case Operation.Delete delete -> context.owned.remove(id);
      case Operation.Touch touch -> {}
      case Operation.Append append -> remember(append.batch(), reply, tail, millis);
    }
    done(operation);
    receipts(operation, tail);
    switch (operation) {
      case Operation.Append append -> followers.forEach(Follow::stored);
      case Operation.Fence fence -> {}
      case Operation.Delete delete -> followers.forEach(Follow::changed);
      case Operation.Create create -> {}
      case Operation.Touch touch -> {}
    }
    pump();
    tidy();
  }

  private static String rule(Reply reply) {
    String was = reply.size() > 1 ? ", was at " + reply.text(1) : "";
    return "operation: must fit the stream" + was;
  }

  private void remember(JournalBatch batch, Reply reply, JournalOffset tail, long millis) {
    if (batch.end().isPresent()) {
      context.owned.remove(id);
    }
    lock.lock();
    try {
      var epoch = followers.isEmpty() ? OptionalInt.empty() : StreamScripts.epochBefore(reply);
      if (epoch.isEmpty()) {
        recent.clear();
        return;
      }
      long before = tail.sequence() - batch.entries().size();
      var start = new JournalOffset(epoch.getAsInt(), before);
      var stored = BatchCodec.stored(batch.entries(), batch.epoch(), before, millis);
      recent.add(start, stored, batch.end().orElse(null));
    } finally {
      lock.unlock();
    }
  }

  /** {@return what this process stored after a place; null if it does not know} */
  Recent.@Nullable After after(JournalOffset place) {
    lock.lock();
    try {
      return recent.after(place);
    } finally {
      lock.unlock();
    }
  }

  private void done(Operation operation) {
    lock.lock();
    try {
      inFlight = false;
    } finally {
      lock.unlock();
    }
    context.pendingBytes.addAndGet(-operation.size());
    context.left(
        operation instanceof Operation.Append append ? Math.max(1, append.parts().size()) : 1);
  }

  private static void receipts(Operation operation, JournalOffset tail) {
    if (!(operation instanceof Operation.Append append) || append.parts().isEmpty()) {
      operation.receipt().onStored(tail);
      return;
    }
    int count = append.batch().entries().size();
    long sequence = tail.sequence() - count;
    for (var part : append.parts()) {
      sequence += part.batch().entries().size();
      part.receipt().onStored(new JournalOffset(tail.epoch(), sequence));
    }
  }

  private void refused(Operation operation, JournalRefusal refusal) {
    if (operation instanceof Operation.Append append && !append.parts().isEmpty()) {
      // One of them may fit.
      lock.lock();
      try {
        append.parts().reversed().forEach(waiting::addFirst);
        waitingBytes += append.size();
        unmerged += append.parts().size();
        restOver = true;
        inFlight = false;
      } finally {
        lock.unlock();
      }
    } else {
      if (refusal.reason() == Reason.FENCED && operation instanceof Operation.Append append) {
        context.owned.remove(id, append.batch().epoch());
      }
      done(operation);
      operation.receipt().onRefused(refusal);
    }
    pump();
    tidy();
  }

  private void failed(
      Operation operation, byte[] token, long deadline, int tries, Throwable thrown) {
    String message = String.valueOf(thrown.getMessage());
    String word = message.split(" ", 2)[0];
    boolean answered = thrown instanceof RedisCommandExecutionException;
    if (answered && word.equals("OOM")) {
      refused(operation, new JournalRefusal(Reason.FULL, "Redis: must have memory, had none left"));
      return;
    }
    boolean passing = !answered || PASSING.contains(word);
    if (passing && context.nanoTime() - deadline < 0 && !context.ended) {
      var pause = Duration.ofMillis(20L << Math.min(tries, 6));
      context.later(
          pause.compareTo(LONGEST_BACKOFF) > 0 ? LONGEST_BACKOFF : pause,
          () -> send(operation, token, deadline, tries + 1));
      return;
    }
    giveUp(operation, answered ? word : thrown.getClass().getSimpleName());
  }

  /** It is not known whether it was stored. */
  private void giveUp(Operation operation, String why) {
    var refusal = new JournalRefusal(Reason.STORAGE, "Redis: must answer, did not: " + why);
    var refused = new ArrayList<Operation>(List.of(operation));
    var again = again(operation);
    if (operation instanceof Operation.Create) {
      context.gaveUp(id);
    }
    lock.lock();
    try {
      if (operation instanceof Operation.Append) {
        failed = true;
        recent.clear();
        while (waiting.peek() instanceof Operation.Append append) {
          waiting.remove();
          waitingBytes -= append.size();
          refused.add(append);
        }
      }
    } finally {
      lock.unlock();
    }
    if (again != null && !context.ended) {
      context.waiting.incrementAndGet();
      send(again, context.token(), context.nanoTime() + FOREVER, 6);
    }
    for (Operation one : refused) {
      context.pendingBytes.addAndGet(-one.size());
      var parts =
          one instanceof Operation.Append append && !append.parts().isEmpty()
              ? append.parts()
              : List.of(one);
      context.left(parts.size());
      parts.forEach(part -> part.receipt().onRefused(refusal));
    }
    if (operation instanceof Operation.Append) {
      // How the stream ends is not known here: another process may continue it.
      followers.forEach(follow -> follow.refuse(refusal));
    }
    if (again == null || context.ended) {
      lock.lock();
      try {
        inFlight = false;
      } finally {
        lock.unlock();
      }
      pump();
      tidy();
    }
  }

  /** {@return what is still to be written once Redis answers again; null for nothing} */
  private @Nullable Operation again(Operation operation) {
    var ignored = new Operation.Receipt(new Settled());
    return switch (operation) {
      case Operation.Append append ->
          Operation.Append.of(
              new JournalBatch(
                  append.batch().epoch(), JournalBatch.ANYWHERE, List.of(), Optional.of(LOST)),
              ignored);
      case Operation.Delete delete -> new Operation.Delete(ignored);
      case Operation.Create create -> null;
      case Operation.Fence fence -> null;
      case Operation.Touch touch -> null;
    };
  }

  /** The end of a failed stream is written, or another process has taken it. */
  private final class Settled implements Journal.Receipt {
    @Override
    public void onStored(JournalOffset tail) {
      settle();
    }

    @Override
    public void onRefused(JournalRefusal refusal) {
      settle();
    }

    private void settle() {
      lock.lock();
      try {
        failed = false;
      } finally {
        lock.unlock();
      }
    }
  }

  // ---------------------------------------------------------------- readers

  void join(Follow follow) {
    lock.lock();
    try {
      followers.add(follow);
      if (followers.size() == 1) {
        context.link.subscribe(context.keys.channel(id));
      }
    } finally {
      lock.unlock();
    }
  }

  void leave(Follow follow) {
    lock.lock();
    try {
      if (followers.remove(follow) && followers.isEmpty()) {
        recent.clear();
        context.link.unsubscribe(context.keys.channel(id));
      }
    } finally {
      lock.unlock();
    }
    tidy();
  }

  boolean isFollowed() {
    return !followers.isEmpty();
  }

  /** Something may have changed in Redis. */
  void changed() {
    followers.forEach(Follow::changed);
  }

  /** Refuses all readers, as the journal is closed. */
  void close() {
    followers.forEach(follow -> follow.refuse(RedisContext.closedNow()));
  }

  /** Forgets it, if nothing refers to it. */
  void tidy() {
    if (!context.owned.containsKey(id)) {
      context.streams.computeIfPresent(
          id, (key, stream) -> stream == this && isIdle() ? null : stream);
    }
  }
}
