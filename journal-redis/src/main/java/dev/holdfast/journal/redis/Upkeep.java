package dev.holdfast.journal.redis;

import dev.holdfast.core.spi.StreamId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** What a journal does by the clock: renews its leases, removes what has expired, looks again. */
final class Upkeep {
  private static final int LEASES_AT_A_TIME = 500;
  private static final Duration LOOK = Duration.ofSeconds(5);
  private static final Duration EXPIRE = Duration.ofSeconds(10);

  /**
   * Before the second attempt to release a lease at the end; each later one waits twice as long.
   */
  private static final Duration RELEASE_PAUSE = Duration.ofMillis(20);

  private final RedisContext context;
  private final Consumer<StreamId> onLost;

  Upkeep(RedisContext context, Consumer<StreamId> onLost) {
    this.context = context;
    this.onLost = onLost;
  }

  void start() {
    every(context.options.lease.dividedBy(3), this::renew);
    every(LOOK, this::look);
    every(EXPIRE, this::expireAll);
  }

  private void every(Duration time, Runnable action) {
    Runnable guarded =
        () -> {
          try {
            action.run();
          } catch (RuntimeException e) {
            // Redis cannot be reached: the next time may do it.
          }
        };
    context.clockwork.every(time, guarded);
  }

  // ---------------------------------------------------------------- leases

  private void renew() {
    var byPartition = new HashMap<Integer, List<Map.Entry<StreamId, Integer>>>();
    context
        .owned
        .entrySet()
        .forEach(owned ->
            byPartition
                .computeIfAbsent(Keys.partition(owned.getKey()), key -> new ArrayList<>())
                .add(Map.entry(owned.getKey(), owned.getValue())));
    byPartition.forEach((partition, owned) -> {
      for (int from = 0; from < owned.size(); from += LEASES_AT_A_TIME) {
        int to = Math.min(from + LEASES_AT_A_TIME, owned.size());
        renew(partition, owned.subList(from, to));
      }
    });
  }

  private void renew(int partition, List<Map.Entry<StreamId, Integer>> owned) {
    var arguments = new ArrayList<byte[]>();
    arguments.add(context.now());
    arguments.add(Keys.bytes(context.keys.headPrefix(partition)));
    arguments.add(RedisContext.number(context.options.lease.toMillis()));
    var epochs = new HashMap<StreamId, Integer>();
    owned.forEach(stream -> {
      arguments.add(Keys.bytes(stream.getKey().toString()));
      arguments.add(RedisContext.number(stream.getValue()));
      epochs.put(stream.getKey(), stream.getValue());
    });
    var unused =
        context
            .link
            .run(Script.RENEW, context.keys.of(partition), arguments.toArray(new byte[0][]))
            .thenAccept(reply -> {
              for (int i = 0; i < reply.size(); i++) {
                String text = reply.text(i);
                boolean ended = text.startsWith("-");
                var id = StreamId.parse(ended ? text.substring(1) : text);
                // It may have been taken over again meanwhile, by this process.
                if (context.owned.remove(id, epochs.get(id)) && !ended) {
                  onLost.accept(id);
                }
              }
            });
  }

  CompletionStage<Reply> release(StreamId id, int epoch) {
    return context.link.run(
        Script.RELEASE,
        context.keys.of(id),
        context.now(),
        Keys.bytes(id.toString()),
        RedisContext.number(epoch));
  }

  /**
   * Ends all leases, and waits for that. Redis may just be away or load its data, so each is tried
   * until {@code timeout} has passed.
   */
  void releaseAll(Duration timeout) {
    long deadline = context.nanoTime() + timeout.toNanos();
    var released = new ArrayList<CompletableFuture<Reply>>();
    context.owned.forEach((id, epoch) -> {
      var done = new CompletableFuture<Reply>();
      release(id, epoch, deadline, RELEASE_PAUSE, done);
      released.add(done);
    });
    context.owned.clear();
    try {
      context.link.join(
          CompletableFuture.allOf(released.toArray(new CompletableFuture<?>[0])), timeout);
    } catch (CompletionException e) {
      // Then they run out.
    }
  }

  private void release(
      StreamId id, int epoch, long deadline, Duration pause, CompletableFuture<Reply> released) {
    var unused =
        release(id, epoch)
            .whenComplete((reply, thrown) -> {
              if (thrown == null) {
                released.complete(reply);
              } else if (context.nanoTime() - deadline < 0) {
                context.later(
                    pause, () -> release(id, epoch, deadline, pause.multipliedBy(2), released));
              } else {
                released.completeExceptionally(thrown);
              }
            });
  }

  // ---------------------------------------------------------------- what others did

  /** A message may have been lost: readers of other processes' streams look for themselves. */
  private void look() {
    context.forgetCreations();
    if (context.options.clock instanceof RedisJournalOptions.ServerClock clock) {
      var unused = context.link.read(clock);
    }
    for (var stream : context.streams.values()) {
      stream.tidy();
      if (stream.isFollowed() && !context.owned.containsKey(stream.id())) {
        if (context.options.address.isCluster()) {
          context.link.subscribe(context.keys.channel(stream.id())); // Its node may be another.
        }
        stream.changed();
      }
    }
  }

  private void expireAll() {
    for (int i = 0; i < Keys.PARTITIONS; i++) {
      var unused = expire(i);
    }
  }

  /** {@return how many streams of a partition were removed, as their time has passed} */
  CompletionStage<Integer> expire(int partition) {
    byte[][] keys = context.keys.of(partition);
    return context
        .link
        .run(
            Script.EXPIRE,
            keys,
            context.now(),
            Keys.bytes(""),
            keys[0],
            keys[1],
            Keys.bytes(context.keys.channelPrefix(partition)),
            Keys.bytes(context.sender))
        .thenApply(reply -> {
          context.totals.keep(partition, reply, 1);
          for (int i = 4; i < reply.size(); i++) {
            var id = StreamId.parse(reply.text(i));
            context.owned.remove(id);
            var stream = context.streams.get(id);
            if (stream != null) {
              stream.changed();
            }
          }
          return (int) reply.number(0);
        });
  }

  /** Learns how much there is, and waits for that. */
  void refresh(Duration timeout) {
    var answers = new ArrayList<CompletableFuture<Integer>>();
    for (int i = 0; i < Keys.PARTITIONS; i++) {
      answers.add(expire(i).toCompletableFuture());
    }
    context.link.join(
        CompletableFuture.allOf(answers.toArray(new CompletableFuture<?>[0])), timeout);
  }
}
