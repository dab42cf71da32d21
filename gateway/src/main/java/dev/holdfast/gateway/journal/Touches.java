package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.StreamId;
import io.netty.channel.EventLoop;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Keeps a stream that is written from expiring, however long it is silent. On its event loop. */
final class Touches {
  private @Nullable Future<?> timer;

  /** Touches the stream four times in its time to live. */
  void begin(StreamStore store, StreamId id, EventLoop loop) {
    long quarter = store.config().ttl().toMillis() / 4;
    timer =
        loop.scheduleAtFixedRate(() -> store.touch(id), quarter, quarter, TimeUnit.MILLISECONDS);
  }

  void stop() {
    var running = timer;
    if (running != null) {
      running.cancel(false);
    }
  }
}
