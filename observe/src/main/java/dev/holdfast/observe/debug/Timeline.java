package dev.holdfast.observe.debug;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** The first 500 events and the last 500, so that a stream of any length has a timeline. */
final class Timeline {
  private static final int EACH = 500;

  private final List<DebugEvent.Timed> first = new ArrayList<>();
  private final ArrayDeque<DebugEvent.Timed> last = new ArrayDeque<>();
  private long dropped;

  void add(DebugEvent.Timed event) {
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

  List<DebugEvent.Timed> first() {
    return List.copyOf(first);
  }

  List<DebugEvent.Timed> last() {
    return List.copyOf(last);
  }

  /** {@return how many events between the first and the last were not kept} */
  long dropped() {
    return dropped;
  }
}
