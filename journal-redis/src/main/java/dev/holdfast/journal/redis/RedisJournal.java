package dev.holdfast.journal.redis;

import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalRefusal.Reason;
import dev.holdfast.core.spi.JournalSize;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.SharedJournal;
import dev.holdfast.core.spi.SharedState;
import dev.holdfast.core.spi.StreamId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * A journal in Redis 7 or Valkey, which several processes share: a Redis Stream per stream, written
 * by scripts that check epoch and sequence. {@link RedisDurability} states what its configuration
 * keeps.
 *
 * <p>{@link #find}, {@link #read}, {@link #streams}, {@link #openStreams}, {@link #orphans} and
 * {@link #expire} wait for Redis, so they must not be called in a receipt or a follower. They throw
 * {@link UncheckedIOException} if Redis does not answer, except {@code read}, which is refused as
 * {@code STORAGE}.
 */
public final class RedisJournal implements SharedJournal {
  private static final Duration CLOSE = Duration.ofSeconds(5);

  private final RedisContext context;
  private final Upkeep upkeep;
  private final AtomicReference<Consumer<StreamId>> onLost;
  private final RedisSharedState state;
  private volatile RedisDurability durability;

  /** Until then the owners of streams may renew leases that have run out. */
  private volatile long quietUntilNanos;

  private RedisJournal(
      RedisContext context,
      Upkeep upkeep,
      AtomicReference<Consumer<StreamId>> onLost,
      RedisSharedState state,
      RedisDurability durability) {
    this.state = state;
    this.context = context;
    this.upkeep = upkeep;
    this.onLost = onLost;
    this.durability = durability;
    quietUntilNanos = context.nanoTime();
  }

  /**
   * {@return options for the journal at an address: {@code
   * redis://[user:password@]host[:port][/database]}, {@code rediss} for TLS, {@code
   * redis-sentinel://host[:port],...[/database]#master}, or {@code
   * redis-cluster://[user:password@]host[:port],...}}
   *
   * @throws IllegalArgumentException "journal: rule, was value", without the password
   */
  public static RedisJournalOptions at(String address) {
    return new RedisJournalOptions(RedisAddress.parse(address));
  }

  /** Opens the link to a store. */
  interface LinkOpener {
    /**
     * {@return a link that is open}
     *
     * @param listener receives the channel and the text of each message
     */
    Link open(BiConsumer<String, String> listener);
  }

  static RedisJournal start(RedisJournalOptions options) throws IOException {
    byte[] name = new byte[8];
    new SecureRandom().nextBytes(name);
    return start(
        options,
        listener -> {
          var messages = new RedisLink.Listener(listener);
          var link = RedisLink.open(options.address, options.timeout, messages);
          try {
            link.check(new Keys(options.prefix), options.timeout);
            if (options.clock instanceof RedisJournalOptions.ServerClock clock) {
              link.join(link.read(clock), options.timeout);
            }
            return link;
          } catch (RuntimeException e) {
            link.close();
            throw e;
          }
        },
        new SystemClockwork(),
        HexFormat.of().formatHex(name));
  }

  /**
   * {@return a journal that is open}
   *
   * @param name of this process, which no other has
   */
  static RedisJournal start(
      RedisJournalOptions options, LinkOpener opener, Clockwork clockwork, String name)
      throws IOException {
    var made = new AtomicReference<BiConsumer<String, String>>((channel, sender) -> {});
    Link link;
    try {
      link = opener.open((channel, sender) -> made.get().accept(channel, sender));
    } catch (RuntimeException e) {
      clockwork.close();
      throw new IOException(RedisLink.complaint(e), e);
    }
    var keys = new Keys(options.prefix);
    var context = new RedisContext(options, link, keys, clockwork, name);
    var state = new RedisSharedState(context);
    made.set((channel, sender) -> {
      if (channel.equals(keys.newsChannel())) {
        state.changed(sender);
      } else {
        received(context, channel, sender);
      }
    });
    var onLost = new AtomicReference<Consumer<StreamId>>(lost -> {});
    var upkeep = new Upkeep(context, lost -> onLost.get().accept(lost));
    try {
      upkeep.refresh(options.timeout);
      var durability = link.durability(options.timeout);
      upkeep.start();
      state.start();
      return new RedisJournal(context, upkeep, onLost, state, durability);
    } catch (RuntimeException e) {
      clockwork.close();
      link.close();
      throw new IOException(RedisLink.complaint(e), e);
    }
  }

  private static String reason(Throwable thrown) {
    var cause = RedisLink.cause(thrown);
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }

  private static void received(RedisContext context, String channel, String sender) {
    int colon = channel.lastIndexOf(':');
    if (sender.equals(context.sender) || colon < 0) {
      return; // Its readers know already.
    }
    try {
      var stream = context.streams.get(StreamId.parse(channel.substring(colon + 1)));
      if (stream != null) {
        stream.changed();
      }
    } catch (IllegalArgumentException e) {
      // Another program's message.
    }
  }

  /** {@return what the configuration of this Redis keeps, as it was found when this was opened} */
  public RedisDurability durability() {
    return durability;
  }

  /** Asks Redis for its configuration again, and waits for the answer. */
  public RedisDurability checkDurability() {
    durability = context.link.durability(context.options.timeout);
    return durability;
  }

  /** {@return what the processes that have this Redis share beside their streams} */
  public SharedState sharedState() {
    return state;
  }

  // ---------------------------------------------------------------- operations

  private void run(StreamId id, Operation operation) {
    if (context.closed) {
      operation.receipt().onRefused(RedisContext.closedNow());
      return;
    }
    var stream = context.streams.get(id);
    if (stream == null || !stream.add(operation)) {
      stream =
          context.streams.compute(
              id,
              (key, there) -> {
                var found = there == null ? new RedisStream(context, id) : there;
                found.add(operation); // What is among the streams takes it.
                return found;
              });
    }
    stream.pump();
  }

  @Override
  public void create(NewStream stream, Receipt receipt) {
    create(stream, List.of(), new Operation.Receipt(receipt));
  }

  @Override
  public void create(NewStream stream, JournalBatch first, Receipt receipt) {
    if (first.epoch() != stream.epoch() || first.expected() > 0 || first.end().isPresent()) {
      SharedJournal.super.create(stream, first, receipt); // Refused, or ended at once.
      return;
    }
    var guarded = new Operation.Receipt(receipt);
    if (isTaken(first, guarded)) {
      create(stream, first.entries(), guarded);
    }
  }

  private void create(NewStream stream, List<JournalEntry> first, Operation.Receipt receipt) {
    int most = limits().metadata();
    if (stream.metadata().remaining() > most) {
      receipt.onRefused(tooLarge("metadata", most, stream.metadata().remaining()));
      return;
    }
    run(stream.id(), new Operation.Create(stream, first, receipt));
  }

  private static JournalRefusal tooLarge(String what, long most, long was) {
    return new JournalRefusal(
        Reason.TOO_LARGE, "%s: must be at most %d bytes, was %d".formatted(what, most, was));
  }

  /** {@return whether a batch may wait for Redis} Refuses it otherwise. */
  private boolean isTaken(JournalBatch batch, Operation.Receipt receipt) {
    long size = batch.size();
    if (size > limits().batch()) {
      receipt.onRefused(tooLarge("batch", limits().batch(), size));
      return false;
    }
    boolean busy = context.pendingBytes.get() + size > context.options.pendingBytes;
    if (busy && !batch.entries().isEmpty() && !context.closed) {
      receipt.onRefused(new JournalRefusal(Reason.BUSY, "Redis: must keep up, did not"));
      return false;
    }
    return true;
  }

  @Override
  public void append(StreamId id, JournalBatch batch, Receipt receipt) {
    var guarded = new Operation.Receipt(receipt);
    if (!isTaken(batch, guarded)) {
      return;
    }
    var there = context.streams.get(id);
    if (there != null && there.isFailed() && !context.closed) {
      guarded.onRefused(new JournalRefusal(Reason.ENDED, "stream: must be open, had failed"));
      return;
    }
    run(id, Operation.Append.of(batch, guarded));
  }

  @Override
  public void fence(StreamId id, int epoch, Receipt receipt) {
    run(id, new Operation.Fence(epoch, false, new Operation.Receipt(receipt)));
  }

  @Override
  public void takeOver(StreamId id, int epoch, Receipt receipt) {
    run(id, new Operation.Fence(epoch, true, new Operation.Receipt(receipt)));
  }

  @Override
  public void touch(StreamId id, Receipt receipt) {
    run(id, new Operation.Touch(new Operation.Receipt(receipt)));
  }

  @Override
  public void delete(StreamId id, Receipt receipt) {
    run(id, new Operation.Delete(new Operation.Receipt(receipt)));
  }

  @Override
  public void release(StreamId id) {
    Integer epoch = context.owned.remove(id);
    if (epoch != null) {
      var unused = upkeep.release(id, epoch);
    }
  }

  @Override
  public void onLost(Consumer<StreamId> listener) {
    onLost.set(listener);
  }

  // ---------------------------------------------------------------- reads

  private <T> T await(CompletionStage<T> answer) {
    try {
      return context.link.join(answer, context.options.timeout);
    } catch (CompletionException e) {
      throw new UncheckedIOException(new IOException("Redis: must answer, did not: " + reason(e)));
    }
  }

  @Override
  public Optional<JournalStream> find(StreamId id) {
    if (context.closed) {
      return Optional.empty();
    }
    var reply =
        await(
            context.link.run(
                Script.FIND, context.keys.of(id), context.now(), Keys.bytes(id.toString())));
    if (!reply.is("FOUND")) {
      return Optional.empty();
    }
    long expires = reply.number(6);
    return Optional.of(
        new JournalStream(
            id,
            (int) reply.number(1),
            reply.offset(2),
            reply.number(4),
            reply.number(5),
            expires == 0 ? Long.MAX_VALUE : expires,
            reply.end(7),
            ByteBuffer.wrap(reply.bytes(9)).asReadOnlyBuffer()));
  }

  @Override
  public List<StreamId> streams() {
    return list("all");
  }

  @Override
  public List<StreamId> openStreams() {
    return list("open");
  }

  /**
   * {@inheritDoc} None after a time in which Redis did not answer, until a lease is over: the
   * owners could not renew either, and may be there again.
   */
  @Override
  public List<StreamId> orphans() {
    Duration lease = context.options.lease;
    long began = context.nanoTime();
    try {
      var ids = list("orphans");
      if (context.nanoTime() - began > lease.toNanos() / 3) {
        leaveTo(lease);
      }
      return context.nanoTime() - quietUntilNanos < 0 ? List.of() : ids;
    } catch (UncheckedIOException e) {
      leaveTo(lease);
      throw e;
    }
  }

  private void leaveTo(Duration lease) {
    quietUntilNanos = context.nanoTime() + lease.plus(RedisLink.LONGEST_RECONNECT).toNanos();
  }

  private List<StreamId> list(String which) {
    if (context.closed) {
      return List.of();
    }
    byte[][] arguments = {context.now(), Keys.bytes(""), Keys.bytes(which)};
    var answers = new ArrayList<CompletionStage<Reply>>();
    for (int i = 0; i < Keys.PARTITIONS; i++) {
      answers.add(context.link.run(Script.LIST, context.keys.of(i), arguments));
    }
    var ids = new ArrayList<StreamId>();
    for (var answer : answers) {
      var reply = await(answer);
      for (int i = 0; i < reply.size(); i++) {
        ids.add(StreamId.parse(reply.text(i)));
      }
    }
    return ids;
  }

  @Override
  public JournalRead read(StreamId id, JournalOffset after, int maxBytes) {
    if (context.closed) {
      return new JournalRead.Refused(RedisContext.closedNow());
    }
    try {
      var reply =
          await(
              context.link.run(
                  Script.READ,
                  context.keys.of(id),
                  context.now(),
                  Keys.bytes(id.toString()),
                  RedisContext.number(after.epoch()),
                  RedisContext.number(after.sequence()),
                  RedisContext.number(maxBytes)));
      return Pages.page(reply, after, maxBytes);
    } catch (UncheckedIOException e) {
      return new JournalRead.Refused(
          new JournalRefusal(Reason.STORAGE, "Redis: must answer, did not"));
    }
  }

  @Override
  public Subscription follow(StreamId id, JournalOffset after, Follower follower) {
    if (context.closed) {
      return Follow.refused(follower, RedisContext.closedNow());
    }
    var made = new AtomicReference<Follow>();
    context.streams.compute(
        id,
        (key, there) -> {
          var stream = there == null ? new RedisStream(context, id) : there;
          var follow = new Follow(context, stream, after, follower);
          context.followers.incrementAndGet();
          stream.join(follow);
          made.set(follow);
          return stream;
        });
    var follow = made.get();
    follow.changed();
    return follow;
  }

  @Override
  public int expire() {
    int removed = 0;
    var answers = new ArrayList<CompletionStage<Integer>>();
    for (int i = 0; i < Keys.PARTITIONS && !context.closed; i++) {
      answers.add(upkeep.expire(i));
    }
    for (var answer : answers) {
      removed += await(answer);
    }
    return removed;
  }

  @Override
  public JournalSize size() {
    return new JournalSize(
        (int) context.totals.streams(),
        (int) context.totals.open(),
        context.followers.get(),
        context.totals.bytes(),
        context.pendingBytes.get(),
        context.memory.get());
  }

  @Override
  public JournalLimits limits() {
    return context.options.limits;
  }

  @Override
  public void close() {
    if (context.closed) {
      return;
    }
    context.closed = true;
    context.streams.values().forEach(RedisStream::pump);
    context.awaitAnswers(CLOSE);
    context.ended = true;
    upkeep.releaseAll(context.options.timeout);
    context.streams.values().forEach(RedisStream::close);
    context.clockwork.close();
    context.link.close();
  }
}
