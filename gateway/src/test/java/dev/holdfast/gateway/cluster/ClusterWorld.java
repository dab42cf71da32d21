package dev.holdfast.gateway.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Time, chance, and what is to happen. A process that waits lets others run meanwhile. */
final class ClusterWorld {
  private static final int DEEPEST = 4;

  /** Something of a process happens once the process runs; something of none always. */
  private record Event(long time, long order, @Nullable SimulatedProcess process, Runnable action)
      implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      return time == other.time ? Long.compare(order, other.order) : Long.compare(time, other.time);
    }
  }

  final Random random;
  private final PriorityQueue<Event> events = new PriorityQueue<>(64);
  private final List<Object[]> story = new ArrayList<>();
  private long now;
  private long order;
  private int depth;
  long handled;

  /** The first breach of an invariant; null for none. */
  private @Nullable String breach;

  ClusterWorld(long seed) {
    random = new Random(seed);
    for (int i = 0; i < 4; i++) {
      random.nextInt(); // Neighbouring seeds begin alike.
    }
  }

  /** {@return nanoseconds since the beginning} */
  long now() {
    return now;
  }

  static long millis(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }

  /** {@return a time from one to another, in milliseconds; short ones are more likely} */
  long draw(long least, long most) {
    double part = random.nextDouble();
    return millis(least) + (long) (part * part * millis(most - least));
  }

  boolean chance(int oneIn) {
    return random.nextInt(oneIn) == 0;
  }

  /** Lets something happen after a time. */
  void after(long nanos, @Nullable SimulatedProcess process, Runnable action) {
    events.add(new Event(now + Math.max(0, nanos), order++, process, action));
  }

  /** {@return whether something happened} */
  boolean step() {
    var event = events.poll();
    if (event == null) {
      return false;
    }
    now = Math.max(now, event.time());
    var process = event.process();
    if (process != null && process.isDead()) {
      return true;
    }
    if (process != null && process.pausedUntil() > now) {
      events.add(new Event(process.pausedUntil(), event.order(), process, event.action()));
      return true;
    }
    handled++;
    try {
      event.action().run();
    } catch (ProcessDiedError e) {
      if (process == null || !process.isDead()) {
        throw e; // It belongs to a process that waits further out.
      }
    }
    if (breach != null) {
      throw new AssertionError(breach);
    }
    return true;
  }

  /** {@return whether a process may wait while others run: not too many may do so at a time} */
  boolean enter() {
    if (depth >= DEEPEST) {
      return false;
    }
    depth++;
    return true;
  }

  /** A process waits for its own end, however many wait. */
  void enterAnyhow() {
    depth++;
  }

  void leave() {
    depth--;
  }

  /** A process was killed while it waited. */
  static final class ProcessDiedError extends Error {
    private static final long serialVersionUID = 1;

    ProcessDiedError() {
      super("died", null, false, false);
    }
  }

  // ---------------------------------------------------------------- what is checked

  /** An invariant holds, or the simulation ends with what happened. */
  @SuppressWarnings("AnnotateFormatMethod") // Its annotation is not on the class path.
  void that(boolean holds, String invariant, String message, @Nullable Object... values) {
    if (!holds && breach == null) {
      breach = invariant + ": " + message.formatted(values);
      tell("BREACH %s", breach);
    }
  }

  /** Keeps what happened, for the trace. */
  void tell(String format, @Nullable Object... values) {
    var line = new Object[values.length + 2];
    line[0] = now;
    line[1] = format;
    System.arraycopy(values, 0, line, 2, values.length);
    story.add(line);
  }

  /** {@return what happened} */
  String trace() {
    var text = new StringBuilder();
    for (Object[] line : story) {
      var values = new Object[line.length - 2];
      System.arraycopy(line, 2, values, 0, values.length);
      text.append("%9.3f ms  ".formatted((long) line[0] / 1e6))
          .append(((String) line[1]).formatted(values))
          .append('\n');
    }
    return text.toString();
  }

  @Nullable String breach() {
    return breach;
  }
}
