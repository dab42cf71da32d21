package dev.holdfast.journal.redis;

import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalRefusal.Reason;
import dev.holdfast.core.spi.StreamId;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What the streams of one journal share. Thread-safe. */
final class RedisContext {
  /** How long an older connection may carry a creation, as the removal of it is remembered. */
  private static final Duration LATEST_CREATION = Duration.ofMinutes(1);

  /** Its removal waits for Redis, and is to name it. */
  private static final Duration LATEST_GIVEN_UP = Duration.ofMinutes(10);

  final RedisJournalOptions options;
  final Link link;
  final Keys keys;
  final Clockwork clockwork;

  /** Names this process in messages and tokens. */
  final String sender;

  final byte[] senderBytes;

  /** The most bytes of a stream, as scripts take it. */
  final byte[] mostOfStream;

  final Totals totals = new Totals();
  final Map<StreamId, RedisStream> streams = new ConcurrentHashMap<>();

  /** The streams under a lease of this process, with their epochs. */
  final Map<StreamId, Integer> owned = new ConcurrentHashMap<>();

  /** The creations that an older connection may still carry. */
  private final Map<StreamId, Creation> creations = new ConcurrentHashMap<>();

  final AtomicLong pendingBytes = new AtomicLong();
  final AtomicInteger waiting = new AtomicInteger();
  final AtomicLong memory = new AtomicLong();
  final AtomicInteger followers = new AtomicInteger();

  /** Nothing new is taken. */
  volatile boolean closed;

  /** Nothing is tried again. */
  volatile boolean ended;

  private static final byte[][] NUMBERS = new byte[1_024][];

  static {
    for (int i = 0; i < NUMBERS.length; i++) {
      NUMBERS[i] = digits(i);
    }
  }

  /** A time and its text. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Moment(long millis, byte[] text) {}

  private final AtomicLong tokens = new AtomicLong();
  private final byte[] tokenStart;
  private volatile Moment moment = new Moment(0, number(0));
  private final AtomicLong roundTripNanos = new AtomicLong();

  RedisContext(
      RedisJournalOptions options, Link link, Keys keys, Clockwork clockwork, String sender) {
    this.options = options;
    this.link = link;
    this.keys = keys;
    this.clockwork = clockwork;
    this.sender = sender;
    senderBytes = Keys.bytes(sender);
    tokenStart = Keys.bytes(sender + "-");
    mostOfStream = number(options.limits.stream());
  }

  /** {@return a name that no other operation has} */
  byte[] token() {
    byte[] number = number(tokens.incrementAndGet());
    byte[] token = Arrays.copyOf(tokenStart, tokenStart.length + number.length);
    System.arraycopy(number, 0, token, tokenStart.length, number.length);
    return token;
  }

  byte[] now() {
    return moment(options.clock.getAsLong());
  }

  /** {@return the text of a time, which as a rule is that of the call before} Never changed. */
  byte[] moment(long millis) {
    var last = moment;
    if (last.millis != millis) {
      last = new Moment(millis, number(millis));
      moment = last;
    }
    return last.text;
  }

  /** {@return the digits of a number} Never changed. */
  static byte[] number(long value) {
    return value >= 0 && value < NUMBERS.length ? NUMBERS[(int) value] : digits(value);
  }

  private static byte[] digits(long value) {
    if (value < 0) {
      return Keys.bytes(Long.toString(value));
    }
    int count = 1;
    for (long rest = value / 10; rest > 0; rest /= 10) {
      count++;
    }
    byte[] digits = new byte[count];
    long rest = value;
    for (int i = count - 1; i >= 0; i--) {
      digits[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    return digits;
  }

  long nanoTime() {
    return clockwork.nanoTime();
  }

  /** A creation that was sent at a time; whether it was given up, so that it must not be done. */
  private record Creation(String token, long nanos, boolean givenUp) {}

  /** Remembers the token of a creation. */
  void creating(StreamId id, String token) {
    creations.put(id, new Creation(token, nanoTime(), false));
  }

  /** It is not known whether a creation is done, or will be: its stream is to be removed. */
  void gaveUp(StreamId id) {
    creations.computeIfPresent(
        id, (key, creation) -> new Creation(creation.token(), nanoTime(), true));
  }

  /** {@return the token of a creation that may arrive late; empty for none} */
  String creation(StreamId id) {
    var creation = creations.get(id);
    return creation == null ? "" : creation.token();
  }

  /** The stream was removed, and Redis knows the token of its creation. */
  void removed(StreamId id) {
    creations.remove(id);
  }

  /** Forgets creations that no connection can carry any more. */
  void forgetCreations() {
    long now = nanoTime();
    creations
        .values()
        .removeIf(creation -> {
          var latest = creation.givenUp() ? LATEST_GIVEN_UP : LATEST_CREATION;
          return now - creation.nanos() > latest.toNanos();
        });
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
