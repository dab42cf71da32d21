package dev.holdfast.benchmarks.dropins;

import dev.holdfast.benchmarks.ProcessClock;
import java.util.ArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** One SDK twice in one process, bare and with its drop-in, on threads that stay. */
final class ReadPair implements AutoCloseable {
  private final SdkReader bare;
  private final SdkReader held;
  private final int streams;
  private final ExecutorService threads;

  /**
   * A pair.
   *
   * @param streams how many each reads at a time
   */
  ReadPair(Sdk sdk, String baseUrl, int streams) {
    bare = sdk.reader(baseUrl, false);
    held = sdk.reader(baseUrl, true);
    this.streams = streams;
    threads = Executors.newFixedThreadPool(streams);
  }

  /** {@return nanoseconds of CPU time of the whole process for a content event} */
  double perEvent(boolean withDropIn) {
    var reader = withDropIn ? held : bare;
    long before = ProcessClock.nanos();
    var reading = new ArrayList<Future<Long>>();
    for (int i = 0; i < streams; i++) {
      reading.add(threads.submit(reader::read));
    }
    long events = 0;
    for (var future : reading) {
      try {
        events += future.get();
      } catch (InterruptedException e) {
        throw new IllegalStateException("measurement: must not be interrupted", e);
      } catch (ExecutionException e) {
        throw new IllegalStateException("streams: must be complete, failed", e.getCause());
      }
    }
    return (double) (ProcessClock.nanos() - before) / events;
  }

  @Override
  public void close() {
    threads.shutdown();
    bare.close();
    held.close();
  }
}
