package dev.holdfast.benchmarks;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.StreamEvent;
import java.util.ArrayList;
import java.util.concurrent.atomic.LongAdder;

/** Two clients of one server in one process, of which one is watched. */
final class WatchedPair implements AutoCloseable {
  private final Holdfast bare;
  private final Holdfast watched;
  private final int streams;

  /**
   * A pair.
   *
   * @param baseUrl the server that both ask
   * @param observer the observer of the second
   * @param streams how many each reads at a time
   */
  WatchedPair(String baseUrl, StreamObserver observer, int streams) {
    bare = Holdfast.builder().upstream(upstream(baseUrl)).build();
    watched = Holdfast.builder().upstream(upstream(baseUrl)).observer(observer).build();
    this.streams = streams;
  }

  /** A pair that reads one stream at a time, from memory. */
  WatchedPair(Transport transport, StreamObserver observer) {
    var nobody = upstream("http://127.0.0.1");
    bare = Holdfast.builder().upstream(nobody).transport(transport).build();
    watched = Holdfast.builder().upstream(nobody).transport(transport).observer(observer).build();
    streams = 1;
  }

  private static Upstream upstream(String baseUrl) {
    return Upstream.of("openai-chat", baseUrl, null);
  }

  /** What reading cost. */
  record Cost(long cpuNanos, long events) {
    double perEvent() {
      return (double) cpuNanos / events;
    }
  }

  /** Reads the server's answer on all streams: CPU time of the whole process, collector and all. */
  Cost read(boolean whileWatched) {
    var client = whileWatched ? watched : bare;
    var events = new LongAdder();
    var failures = new LongAdder();
    long before = ProcessClock.nanos();
    var readers = new ArrayList<Thread>();
    for (int i = 0; i < streams; i++) {
      var request = ChatRequest.to("gpt-4.1").user("Go " + i).build();
      readers.add(
          Thread.ofVirtual()
              .start(() -> {
                long count = 0;
                try (var stream = client.stream(request)) {
                  for (StreamEvent event : stream) {
                    count += event.isContent() ? 1 : 0;
                  }
                  failures.add(stream.outcome().verdict().isComplete() ? 0 : 1);
                }
                events.add(count);
              }));
    }
    for (Thread reader : readers) {
      try {
        reader.join();
      } catch (InterruptedException e) {
        throw new IllegalStateException("measurement: must not be interrupted", e);
      }
    }
    if (failures.sum() > 0) {
      throw new IllegalStateException("streams: must be complete, failed " + failures.sum());
    }
    return new Cost(ProcessClock.nanos() - before, events.sum());
  }

  @Override
  public void close() {
    bare.close();
    watched.close();
  }
}
