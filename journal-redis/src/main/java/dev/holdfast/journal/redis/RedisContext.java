package dev.holdfast.journal.redis;

import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalRefusal.Reason;
import dev.holdfast.core.spi.StreamId;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What the streams of one journal share. Thread-safe. */
final class RedisContext {
  private static final int MOST_UNSETTLED = 10_000;

  final RedisJournalOptions options;
  final Link link;
  final Keys keys;
  final Clockwork clockwork;

  /** Names this process in messages and tokens. */
  final String sender;

  final Totals totals = new Totals();
  final Map<StreamId, RedisStream> streams = new ConcurrentHashMap<>();

  /** The streams under a lease of this process, with their epochs. */
  final Map<StreamId, Integer> owned = new ConcurrentHashMap<>();

  /** The tokens of creations that an older connection may still carry, until their first entry. */
  final Map<StreamId, String> unsettled = new ConcurrentHashMap<>();

  final AtomicLong pendingBytes = new AtomicLong();
  final AtomicInteger waiting = new AtomicInteger();
  final AtomicLong memory = new AtomicLong();
  final AtomicInteger followers = new AtomicInteger();

  /** Nothing new is taken. */
  volatile boolean closed;

  /** Nothing is tried again. */
  volatile boolean ended;

  private final AtomicLong tokens = new AtomicLong();
  private final AtomicLong roundTripNanos = new AtomicLong();

  RedisContext(
      RedisJournalOptions options, Link link, Keys keys, Clockwork clockwork, String sender) {
    this.options = options;
    this.link = link;
    this.keys = keys;
    this.clockwork = clockwork;
    this.sender = sender;
  }

  /** {@return a name that no other operation has} */
  String token() {
    return sender + "-" + tokens.incrementAndGet();
  }

  byte[] now() {
    return number(options.clock.getAsLong());
  }

  static byte[] number(long value) {
    return Keys.bytes(Long.toString(value));
  }

  long nanoTime() {
    return clockwork.nanoTime();
  }

  /** Remembers the token of a creation. Forgets the others where they are many. */
  void creating(StreamId id, String token) {
    if (unsettled.size() >= MOST_UNSETTLED) {
      unsettled.clear();
    }
    unsettled.put(id, token);
  }

  /** Averages how long Redis takes to answer. */
  void answered(long nanos) {
    roundTripNanos.accumulateAndGet(nanos, (mean, next) -> mean + (next - mean) / 16);
  }

  /** {@return how long entries of one stream wait for company, after others were sent} */
  long lingerNanos() {
    return Math.min(options.linger.toNanos(), options.lingerRoundTrips * roundTripNanos.get());
  }

  /** Runs an action later, unless the journal has closed by then. */
  void later(Duration delay, Runnable action) {
    clockwork.later(delay, action);
  }

  /** Operations have been answered. */
  void left(int operations) {
    if (waiting.addAndGet(-operations) == 0) {
      synchronized (waiting) {
        waiting.notifyAll();
      }
    }
  }

  /** Waits until all operations have been answered, at most so long. */
  void awaitAnswers(Duration most) {
    clockwork.awaitZero(waiting, most);
  }

  static JournalRefusal closedNow() {
    return new JournalRefusal(Reason.CLOSED, "journal: must be open, was closed");
  }

  static JournalRefusal unknown() {
    return new JournalRefusal(Reason.UNKNOWN, "stream id: must be of a stream, was not");
  }
}
