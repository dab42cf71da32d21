package dev.holdfast.journal.redis;

import dev.holdfast.journal.redis.RedisJournalOptions.ServerClock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The way to a store that runs the scripts: connections to a Redis, or a simulation of both. */
interface Link extends AutoCloseable {
  /** Runs a script; the answer arrives on a thread of the connection. */
  CompletionStage<Reply> run(Script script, byte[][] keys, byte[]... arguments);

  /**
   * Runs a script.
   *
   * @param done receives the answer, or what failed, as a rule on a thread of the connection
   */
  default void run(Script script, Done done, byte[][] keys, byte[]... arguments) {
    var unused = run(script, keys, arguments).whenComplete(done::accept);
  }

  /** Receives an answer, or what failed; one of them is null. */
  interface Done {
    void accept(@Nullable Reply reply, @Nullable Throwable thrown);
  }

  /** Subscribes to the messages of a channel, or again. */
  void subscribe(String channel);

  void unsubscribe(String channel);

  /** {@return what the nodes that take writes keep} Waits for their answers. */
  RedisDurability durability(Duration timeout);

  /** Reads the time of Redis. A simulation has a clock of its own. */
  default CompletionStage<?> read(ServerClock clock) {
    return CompletableFuture.completedFuture(clock);
  }

  /**
   * {@return the answer} Waits for it; not on a thread of a connection.
   *
   * @throws CompletionException if there is none in time
   */
  <T> T join(CompletionStage<T> answer, Duration timeout);

  @Override
  void close();
}
