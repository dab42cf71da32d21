package dev.holdfast.core.relay;

import dev.holdfast.core.engine.FrameListener;
import java.util.Arrays;

/** The places of whole frames that one signal brought, between its actions. */
final class Marks implements FrameListener {
  // One read of a paced stream brings one frame.
  private int count;
  private int[] attempts = new int[1];
  private int[] actions = new int[1];
  private long[] ends = new long[1];
  private Hold[] holds = new Hold[1];

  @Override
  public void read(int attempt, int actionsBefore, long end, Hold hold) {
    if (count == ends.length) {
      attempts = Arrays.copyOf(attempts, 2 * count);
      actions = Arrays.copyOf(actions, 2 * count);
      ends = Arrays.copyOf(ends, 2 * count);
      holds = Arrays.copyOf(holds, 2 * count);
    }
    attempts[count] = attempt;
    actions[count] = actionsBefore;
    ends[count] = end;
    holds[count] = hold;
    count++;
  }

  void clear() {
    count = 0;
  }

  int count() {
    return count;
  }

  int attempt(int mark) {
    return attempts[mark];
  }

  /** {@return how many actions come before it} */
  int actions(int mark) {
    return actions[mark];
  }

  long end(int mark) {
    return ends[mark];
  }

  Hold hold(int mark) {
    return holds[mark];
  }
}
