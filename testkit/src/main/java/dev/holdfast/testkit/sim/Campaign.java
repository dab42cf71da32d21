package dev.holdfast.testkit.sim;

import dev.holdfast.core.stream.Check;
import dev.holdfast.testkit.sim.draw.Situation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Seeds in a row, simulated on several threads; each stream lives on one. The result does not
 * depend on the number of threads. Stopped early, it has still done every seed from the first one
 * to {@code first + tally.seeds() - 1}, and none beyond.
 */
public final class Campaign {
  /** Seeds that a thread takes at a time: enough to be cheap, few enough to stop soon. */
  private static final int BLOCK = 50;

  private final long first;
  private final long count;
  private final int threads;
  private final int enough;
  private final AtomicLong taken = new AtomicLong();
  private final AtomicLong done = new AtomicLong();
  private final AtomicLong broken = new AtomicLong();
  private final AtomicBoolean stopped = new AtomicBoolean();

  /**
   * Plans a run.
   *
   * @param first the first seed
   * @param count how many, at least 1
   * @param threads how many at a time, at least 1
   * @param enough violations after which it stops, at least 1
   */
  public Campaign(long first, long count, int threads, int enough) {
    Check.that(count >= 1, "count", "must be at least 1", count);
    Check.that(threads >= 1, "threads", "must be at least 1", threads);
    Check.that(enough >= 1, "enough", "must be at least 1", enough);
    this.first = first;
    this.count = count;
    this.threads = threads;
    this.enough = enough;
  }

  /** {@return a run on all processors that stops after 5 violations} */
  public static Campaign of(long first, long count) {
    return new Campaign(first, count, Runtime.getRuntime().availableProcessors(), 5);
  }

  /** {@return seeds done so far; may be asked from any thread} */
  public long done() {
    return done.get();
  }

  /** {@return violations so far; may be asked from any thread} */
  public long violations() {
    return broken.get();
  }

  /** Lets {@link #run} return soon, with what was done by then. May be called from any thread. */
  public void stop() {
    stopped.set(true);
  }

  /**
   * {@return what became of the seeds} To be called once.
   *
   * @throws InterruptedException if the caller is interrupted while the threads work
   */
  public Tally run() throws InterruptedException {
    try (var pool = Executors.newFixedThreadPool(threads, Thread.ofPlatform().daemon().factory())) {
      List<Callable<List<Block>>> workers = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        workers.add(this::work);
      }
      var blocks = new ArrayList<Block>();
      for (Future<List<Block>> worker : pool.invokeAll(workers)) {
        blocks.addAll(worker.get());
      }
      blocks.sort((a, b) -> Long.compare(a.number(), b.number()));
      var tally = Tally.NONE;
      for (Block block : blocks) {
        tally = tally.and(block.tally());
      }
      return tally;
    } catch (ExecutionException e) {
      throw new IllegalStateException("a simulation failed: " + e.getCause(), e);
    } finally {
      stop();
    }
  }

  /** A thread's share, kept by number so that the order of threads does not show. */
  private record Block(long number, Tally tally) {}

  private List<Block> work() {
    var blocks = new ArrayList<Block>();
    while (!stopped.get() && broken.get() < enough) {
      long number = taken.getAndIncrement();
      long from = number * BLOCK;
      if (from >= count) {
        break;
      }
      blocks.add(new Block(number, block(from, Math.min(count, from + BLOCK))));
    }
    return blocks;
  }

  private Tally block(long from, long to) {
    var tally = Tally.NONE;
    for (long i = from; i < to; i++) {
      var stream = Simulation.run(Situation.draw(first + i));
      tally = tally.and(stream);
      done.incrementAndGet();
      if (!stream.violations().isEmpty()) {
        broken.incrementAndGet();
      }
    }
    return tally;
  }
}
