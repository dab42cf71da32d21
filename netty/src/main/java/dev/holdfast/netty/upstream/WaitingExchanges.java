package dev.holdfast.netty.upstream;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which HTTP/2 connections of one event loop have room; and which exchanges wait until it is known
 * whether a connection that is being made is one. Without the wait, each of a hundred requests at
 * once would make a connection of its own. Not thread-safe.
 */
final class WaitingExchanges {
  /** Connections to one origin; at 100 streams each, the usual limit, 102,400 streams at once. */
  static final int MAX_SESSIONS = 1024;

  /** Origins are compared by identity; one that a reload has replaced is forgotten. */
  private final Map<Origin, State> states = new WeakHashMap<>();

  private static final class State {
    private final List<Http2Session> sessions = new ArrayList<>();
    private final ArrayDeque<UpstreamExchange> waiting = new ArrayDeque<>();
    private boolean dialing;

    /** Whether the last connection spoke HTTP/1.1: then each exchange needs one of its own. */
    private boolean http1;
  }

  /** {@return a connection that takes one more exchange; null if there is none} */
  @Nullable Http2Session withRoom(Origin origin) {
    var state = states.get(origin);
    if (state != null) {
      for (Http2Session session : state.sessions) {
        if (session.hasRoom()) {
          return session;
        }
      }
    }
    return null;
  }

  /** {@return whether no further connection may be made} */
  boolean isFull(Origin origin) {
    var state = states.get(origin);
    return state != null && state.sessions.size() >= MAX_SESSIONS;
  }

  /**
   * {@return whether an exchange waits for a connection that is being made} Otherwise the caller
   * makes one, and calls {@link #taken} afterwards.
   */
  boolean waits(Origin origin, UpstreamExchange exchange) {
    var state = states.computeIfAbsent(origin, key -> new State());
    if (state.http1) {
      return false;
    }
    if (state.dialing) {
      state.waiting.add(exchange);
      return true;
    }
    state.dialing = true;
    return false;
  }

  /**
   * {@return the exchanges that waited while a connection was made} They begin anew: the first of
   * them may make the next connection.
   *
   * @param http1 whether the connection is there and speaks HTTP/1.1
   */
  List<UpstreamExchange> taken(Origin origin, boolean http1) {
    var state = states.computeIfAbsent(origin, key -> new State());
    state.dialing = false;
    state.http1 = http1;
    var waited = List.copyOf(state.waiting);
    state.waiting.clear();
    return waited;
  }

  /** A connection is there. */
  void opened(Origin origin, Http2Session session) {
    states.computeIfAbsent(origin, key -> new State()).sessions.add(session);
  }

  /** A connection has ended. */
  void ended(Origin origin, Http2Session session) {
    var state = states.get(origin);
    if (state != null) {
      state.sessions.remove(session);
    }
  }
}
