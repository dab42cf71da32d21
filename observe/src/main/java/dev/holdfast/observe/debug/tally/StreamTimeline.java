package dev.holdfast.observe.debug.tally;

import dev.holdfast.observe.debug.wire.DebugEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** The first 500 events and the last 500, so that a stream of any length has a timeline. */
public final class StreamTimeline {
  private static final int EACH = 500;

  private final List<DebugEvent.Timed> first = new ArrayList<>();
  private final ArrayDeque<DebugEvent.Timed> last = new ArrayDeque<>();
  private long dropped;

  public void add(DebugEvent.Timed event) {
    if (first.size() < EACH) {
      first.add(event);
      return;
    }
    last.add(event);
    if (last.size() > EACH) {
      last.remove();
      dropped++;
    }
  }

  public List<DebugEvent.Timed> first() {
    return List.copyOf(first);
  }

  public List<DebugEvent.Timed> last() {
    return List.copyOf(last);
  }

  /** {@return how many events between the first and the last were not kept} */
  public long dropped() {
    return dropped;
  }
}
