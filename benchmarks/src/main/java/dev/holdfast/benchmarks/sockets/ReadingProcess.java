package dev.holdfast.benchmarks.sockets;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One client under one load, in a process of its own: prints what it measured, and ends. */
final class ReadingProcess {
  /**
   * About so many streams connect at a time. A busy machine does not accept two thousand within the
   * ten seconds that a client gives it.
   */
  private static final int CONNECTING = 100;

  private ReadingProcess() {}

  /**
   * Arguments: client, port, index of the load, and seconds of its own processor time that it is
   * warmed at least; or client, port, {@code start}.
   */
  public static void main(String[] args) throws Exception {
    var reader = StreamReader.of(args[0], Integer.parseInt(args[1]));
    var count = new EventCount();
    if (args[2].equals("start")) {
      reader.read(1, 0, count);
      System.out.println(count.events() + " " + system().getProcessCpuTime() / 1e6);
    } else {
      System.out.println(
          measured(
              reader, Load.ALL.get(Integer.parseInt(args[2])), Long.parseLong(args[3]), count));
    }
    Runtime.getRuntime().halt(0); // No client's threads are waited for.
  }

  private static String measured(StreamReader reader, Load load, long warmSeconds, EventCount count)
      throws InterruptedException {
    // Once, so that what is loaded once is not counted as a stream's.
    read(reader, 10, 0, count, new AtomicReference<@Nullable Exception>());
    long heapBefore = heap();
    var answers = new AtomicLong();
    var broken = new AtomicReference<@Nullable Exception>();
    long eventsBefore = count.events();
    for (int i = 0; i < load.streams(); i++) {
      while (i % CONNECTING == 0 && count.events() - eventsBefore < i && broken.get() == null) {
        Thread.sleep(1);
      }
      Thread.ofVirtual()
          .start(() -> {
            while (broken.get() == null) {
              read(reader, load.events(), load.rate(), count, broken);
              answers.incrementAndGet();
            }
          });
    }
    Thread.sleep(load.warmSeconds() * 1000L);
    var system = system();
    while (system.getProcessCpuTime() < warmSeconds * 1_000_000_000L) {
      Thread.sleep(100);
    }
    long heapAfter = load.isEndless() ? heap() : heapBefore;
    Thread.sleep(1000); // Events that a collection held up are not the client's delay.
    count.restart();
    long cpu = system.getProcessCpuTime();
    long before = load.isPerAnswer() ? answers.get() : count.events();
    Thread.sleep(load.seconds() * 1000L);
    long spent = system.getProcessCpuTime() - cpu;
    long after = load.isPerAnswer() ? answers.get() : count.events();
    if (broken.get() != null) {
      throw new IllegalStateException("an answer broke", broken.get());
    }
    return String.format(
        Locale.ROOT,
        "%.3f %.1f %.0f %.0f",
        spent / 1000.0 / Math.max(1, after - before),
        (heapAfter - heapBefore) / 1024.0 / load.streams(),
        count.delay(0.5),
        count.delay(0.99));
  }

  private static OperatingSystemMXBean system() {
    return (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  }

  private static void read(
      StreamReader reader,
      int events,
      int rate,
      EventCount count,
      AtomicReference<@Nullable Exception> broken) {
    try {
      reader.read(events, rate, count);
    } catch (Exception e) {
      broken.compareAndSet(null, e);
    }
  }

  /** {@return what is reachable, in bytes} */
  private static long heap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    var memory = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
    return memory.getUsed();
  }
}
