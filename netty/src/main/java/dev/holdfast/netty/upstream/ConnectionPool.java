package dev.holdfast.netty.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop: those that wait for a request, and those of HTTP/2. Of those
 * that wait the one used last is used first, so that those which are not needed grow old. Not
 * thread-safe.
 */
final class ConnectionPool {
  private static final long SWEEP_MILLIS = 500;

  /** How long the rest of a response that is not needed any more is waited for. */
  static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** Longest read of a channel, and so the longest piece. */
  static final int PIECE_BYTES = 64 << 10;

  private final EventLoop loop;
  private final PoolSettings settings;
  private final LongSupplier clock;

  /** By identity: after a change of the configuration nothing old is used. */
  private final IdentityHashMap<Origin, ArrayDeque<Http1Connection>> idle = new IdentityHashMap<>();

  private final PieceSource pieces;
  private final LoopReceiver receiver = new LoopReceiver(PIECE_BYTES);
  private final Set<Http1Connection> lingering = new HashSet<>();
  private final Set<Http2Session> sessions = new HashSet<>();
  private boolean sweeping;

  ConnectionPool(EventLoop loop, PoolSettings settings, Pieces pieces, LongSupplier clock) {
    this.loop = loop;
    this.settings = settings;
    this.pieces = pieces.newSource();
    this.clock = clock;
  }

  /** {@return an empty heap buffer for so many bytes of one read} */
  ByteBuf piece(int bytes) {
    return pieces.piece(bytes);
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
  @Nullable Http1Connection take(Origin origin, boolean repeatable) {
    var waiting = idle.get(origin);
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
  void keep(Origin origin, Http1Connection connection) {
    var waiting = idle.computeIfAbsent(origin, key -> new ArrayDeque<>());
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
  void remove(Origin origin, Http1Connection connection) {
    var waiting = idle.get(origin);
    if (waiting != null) {
      waiting.remove(connection);
    }
  }

  /** A connection skips the rest of a response; it is closed if that takes long. */
  void linger(Http1Connection connection) {
    lingering.add(connection);
    sweepLater();
  }

  /** An HTTP/2 connection is there; it is closed once it has carried nothing for long. */
  void opened(Http2Session session) {
    sessions.add(session);
    sweepLater();
  }

  /** An HTTP/2 connection has ended. */
  void ended(Http2Session session) {
    sessions.remove(session);
  }

  /** {@return which connections are kept, and for how long} */
  PoolSettings settings() {
    return settings;
  }

  /** Closes everything; what is open fails. */
  void close() {
    idle.values().forEach(waiting -> List.copyOf(waiting).forEach(Http1Connection::discard));
    idle.clear();
    lingering.forEach(Http1Connection::close);
    lingering.clear();
    List.copyOf(sessions).forEach(Http2Session::close);
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
    for (Http2Session session : List.copyOf(sessions)) {
      session.sweep(now);
    }
    left |= !lingering.isEmpty() || !sessions.isEmpty();
    if (left) {
      sweepLater();
    }
  }
}
