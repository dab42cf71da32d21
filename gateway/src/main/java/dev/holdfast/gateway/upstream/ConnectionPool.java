package dev.holdfast.gateway.upstream;

import dev.holdfast.gateway.config.UpstreamConfig;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop that wait for a request. The one used last is used first, so
 * that those which are not needed grow old. Not thread-safe.
 */
final class ConnectionPool {
  private static final long SWEEP_MILLIS = 500;

  private static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** Longest read of a channel, and so the longest piece. */
  private static final int PIECE_BYTES = 64 << 10;

  private final EventLoop loop;
  private final PoolSettings settings;
  private final LongSupplier clock;

  /** By identity: after a change of the configuration nothing old is used. */
  private final IdentityHashMap<UpstreamConfig, ArrayDeque<Http1Connection>> idle =
      new IdentityHashMap<>();

  private final ByteBuf piece = Unpooled.buffer(PIECE_BYTES);
  private final LoopReceiver receiver = new LoopReceiver(PIECE_BYTES);
  private final Set<Http1Connection> lingering = new HashSet<>();
  private boolean sweeping;

  ConnectionPool(EventLoop loop, PoolSettings settings, LongSupplier clock) {
    this.loop = loop;
    this.settings = settings;
    this.clock = clock;
  }

  /** {@return an empty heap buffer for the bytes of one read; shared by the loop} */
  ByteBuf piece() {
    return piece.clear();
  }

  /** {@return what plain connections receive with} */
  LoopReceiver receiver() {
    return receiver;
  }

  long now() {
    return clock.getAsLong();
  }

  /**
   * {@return a connection on which a request may be sent; null if one must be made}
   *
   * @param repeatable whether the request may be sent again should the connection prove dead
   */
  @Nullable Http1Connection take(UpstreamConfig upstream, boolean repeatable) {
    var waiting = idle.get(upstream);
    long now = clock.getAsLong();
    while (waiting != null) {
      var last = waiting.peekLast();
      if (last == null) {
        return null;
      }
      if (!last.isUsable() || isOld(last, now)) {
        waiting.removeLast();
        last.discard();
      } else if (!repeatable && now - last.idleSince() > settings.youngTime().toNanos()) {
        return null; // The others are idle for longer.
      } else {
        waiting.removeLast();
        return last;
      }
    }
    return null;
  }

  private boolean isOld(Http1Connection connection, long now) {
    return now - connection.madeAt() > settings.maxAge().toNanos()
        || now - connection.idleSince() > idleNanos(connection);
  }

  /** The upstream's own time, if it named a shorter one. */
  private long idleNanos(Http1Connection connection) {
    return Math.min(settings.idleTime().toNanos(), connection.statedIdleNanos());
  }

  /** Keeps a connection whose last response has ended cleanly, or closes it. */
  void keep(UpstreamConfig upstream, Http1Connection connection) {
    var waiting = idle.computeIfAbsent(upstream, key -> new ArrayDeque<>());
    if (isOld(connection, clock.getAsLong()) || settings.idle() == 0) {
      connection.discard();
      return;
    }
    waiting.addLast(connection);
    if (waiting.size() > settings.idle()) {
      waiting.removeFirst().discard();
    }
    sweepLater();
  }

  /** A connection that waited has ended. */
  void remove(UpstreamConfig upstream, Http1Connection connection) {
    var waiting = idle.get(upstream);
    if (waiting != null) {
      waiting.remove(connection);
    }
  }

  /** A connection skips the rest of a response; it is closed if that takes long. */
  void linger(Http1Connection connection) {
    lingering.add(connection);
    sweepLater();
  }

  private void sweepLater() {
    if (!sweeping) {
      sweeping = true;
      var unused = loop.schedule(this::sweep, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void sweep() {
    sweeping = false;
    long now = clock.getAsLong();
    boolean left = false;
    for (Iterator<ArrayDeque<Http1Connection>> upstreams = idle.values().iterator();
        upstreams.hasNext(); ) {
      var waiting = upstreams.next();
      waiting.removeIf(connection -> {
        boolean old = isOld(connection, now) || !connection.isUsable();
        if (old) {
          connection.discard();
        }
        return old;
      });
      if (waiting.isEmpty()) {
        upstreams.remove();
      } else {
        left = true;
      }
    }
    lingering.removeIf(connection -> {
      if (connection.isLingering() && now - connection.idleSince() > LINGER_NANOS) {
        connection.close();
      }
      return !connection.isLingering();
    });
    left |= !lingering.isEmpty();
    if (left) {
      sweepLater();
    }
  }
}
