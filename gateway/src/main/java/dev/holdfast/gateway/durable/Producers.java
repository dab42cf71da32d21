package dev.holdfast.gateway.durable;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is known of the producers of one stream. Belongs to its log's lock. */
final class Producers {
  /** Producers of one stream that are remembered at a time. */
  static final int MAX = 1_000;

  /** After so long without an append a producer is forgotten, where others need the room. */
  private static final long FORGET_MILLIS = 7L * 24 * 60 * 60 * 1_000;

  /** What an append of a producer amounts to. */
  enum Verdict {
    ACCEPTED,
    DUPLICATE,
    STALE,
    NOT_FROM_ZERO,
    GAP,
    TOO_MANY
  }

  /** The last append of a producer. */
  record State(long epoch, long sequence, long millis) {}

  private final Map<String, State> states = new LinkedHashMap<>();

  /** {@return the last append of a producer; null if it is unknown} */
  @Nullable State state(String id) {
    return states.get(id);
  }

  Verdict verdict(Producer append, long nowMillis) {
    var state = states.get(append.id());
    if (state == null) {
      if (append.sequence() != 0) {
        return Verdict.GAP;
      }
      if (states.size() >= MAX) {
        states.values().removeIf(old -> nowMillis - old.millis() > FORGET_MILLIS);
      }
      return states.size() >= MAX ? Verdict.TOO_MANY : Verdict.ACCEPTED;
    }
    if (append.epoch() != state.epoch()) {
      boolean older = append.epoch() < state.epoch();
      return older
          ? Verdict.STALE
          : append.sequence() == 0 ? Verdict.ACCEPTED : Verdict.NOT_FROM_ZERO;
    }
    if (append.sequence() <= state.sequence()) {
      return Verdict.DUPLICATE;
    }
    return append.sequence() == state.sequence() + 1 ? Verdict.ACCEPTED : Verdict.GAP;
  }

  void accepted(Producer append, long nowMillis) {
    states.put(append.id(), new State(append.epoch(), append.sequence(), nowMillis));
  }

  int size() {
    return states.size();
  }

  void addAll(Producers others) {
    states.putAll(others.states);
  }

  void clear() {
    states.clear();
  }

  void write(DataOutputStream out) throws IOException {
    out.writeInt(states.size());
    for (var entry : states.entrySet()) {
      out.writeUTF(entry.getKey());
      out.writeLong(entry.getValue().epoch());
      out.writeLong(entry.getValue().sequence());
      out.writeLong(entry.getValue().millis());
    }
  }

  void read(DataInputStream in) throws IOException {
    states.clear();
    for (int left = in.readInt(); left > 0; left--) {
      states.put(in.readUTF(), new State(in.readLong(), in.readLong(), in.readLong()));
    }
  }
}
