package dev.holdfast.benchmarks.corpus;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** The most that this process held at a time, looked at all the time. */
public final class Holdings {
  private static final long EVERY_NANOS = 20_000_000;

  private final AtomicLong descriptors = new AtomicLong();
  private final AtomicLong heap = new AtomicLong();

  private Holdings() {}

  /**
   * Looks from now on until the process ends.
   *
   * @param also what else is to be looked at as often
   */
  public static Holdings watch(Runnable also) {
    var holdings = new Holdings();
    Thread.ofPlatform()
        .name("holdings")
        .daemon()
        .start(() -> {
          while (true) {
            holdings.look();
            also.run();
            LockSupport.parkNanos(EVERY_NANOS);
          }
        });
    return holdings;
  }

  private void look() {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix) {
      descriptors.accumulateAndGet(unix.getOpenFileDescriptorCount(), Math::max);
    }
    long used = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    heap.accumulateAndGet(used, Math::max);
  }

  @Override
  public String toString() {
    var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return String.format(
        Locale.ROOT,
        "at most %d descriptors, %d threads of the system, %d MB of heap; %.1f s of CPU",
        descriptors.get(),
        ManagementFactory.getThreadMXBean().getPeakThreadCount(),
        heap.get() >> 20,
        system.getProcessCpuTime() / 1e9);
  }
}
