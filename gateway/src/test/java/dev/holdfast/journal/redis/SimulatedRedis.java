package dev.holdfast.journal.redis;

import dev.holdfast.core.spi.SharedJournal;
import dev.holdfast.core.spi.StoredEntry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/** Opens the journal of a process over a simulated network and clock. */
public final class SimulatedRedis {
  private SimulatedRedis() {}

  /** What a process runs on. */
  public interface Machine {
    /** {@return nanoseconds of the process's own clock} */
    long nanoTime();

    /** Runs an action later, by the process's own clock. */
    void later(Duration delay, Runnable action);

    /** Sends a script to the store. */
    CompletionStage<List<byte[]>> run(String script, byte[][] keys, byte[][] arguments);

    /** Sets what receives the messages of channels. */
    void listen(BiConsumer<String, String> listener);

    void subscribe(String channel);

    void unsubscribe(String channel);

    /** {@return the answer} Others run meanwhile. */
    <T> T join(CompletionStage<T> answer, Duration timeout);

    /** Waits until a number is zero. Others run meanwhile. */
    void awaitZero(AtomicInteger number, Duration most);
  }

  /**
   * {@return the journal of one process}
   *
   * @param clock of the process, in milliseconds since 1970
   * @param name of the process
   * @throws IOException if the store does not answer
   */
  public static SharedJournal open(
      Machine machine,
      LongSupplier clock,
      Duration lease,
      Duration timeout,
      Duration patience,
      String name)
      throws IOException {
    var options =
        RedisJournal.at("redis://simulated")
            .clock(clock)
            .lease(lease)
            .timeout(timeout)
            .patience(patience);
    return RedisJournal.start(
        options,
        listener -> {
          machine.listen(listener);
          return new SimulatedLink(machine);
        },
        new SimulatedClockwork(machine),
        name);
  }

  /** {@return the entries of a batch, whose id is {@code SEQUENCE-EPOCH}} */
  public static List<StoredEntry> decode(String id, byte[] batch) {
    var entries = BatchCodec.decode(Keys.bytes(id), batch);
    if (entries == null) {
      throw new AssertionError("a batch is damaged: " + id);
    }
    return entries;
  }

  private record SimulatedLink(Machine machine) implements Link {
    @Override
    public CompletionStage<Reply> run(Script script, byte[][] keys, byte[]... arguments) {
      String name = script.name().toLowerCase(Locale.ROOT);
      return machine.run(name, keys, arguments).thenApply(Reply::new);
    }

    @Override
    public void subscribe(String channel) {
      machine.subscribe(channel);
    }

    @Override
    public void unsubscribe(String channel) {
      machine.unsubscribe(channel);
    }

    @Override
    public RedisDurability durability(Duration timeout) {
      return RedisDurability.WRITTEN;
    }

    @Override
    public <T> T join(CompletionStage<T> answer, Duration timeout) {
      return machine.join(answer, timeout);
    }

    @Override
    public void close() {}
  }

  private static final class SimulatedClockwork implements Clockwork {
    private final Machine machine;
    private boolean closed;

    SimulatedClockwork(Machine machine) {
      this.machine = machine;
    }

    @Override
    public long nanoTime() {
      return machine.nanoTime();
    }

    @Override
    public void later(Duration delay, Runnable action) {
      if (!closed) {
        machine.later(
            delay,
            () -> {
              if (!closed) {
                action.run();
              }
            });
      }
    }

    @Override
    public void every(Duration period, Runnable action) {
      later(
          period,
          () -> {
            every(period, action);
            action.run();
          });
    }

    @Override
    public void awaitZero(AtomicInteger number, Duration most) {
      machine.awaitZero(number, most);
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
