package dev.holdfast.client.journal;

import dev.holdfast.core.stream.Check;
import java.time.Duration;
import java.util.Objects;

/**
 * How a client uses its journal. Immutable; see {@link #DEFAULT}.
 *
 * <p>Why: docs/decisions/0032-streams-of-the-library-in-a-journal.md.
 */
public final class JournalPolicy {
  private static final Duration LONGEST = Duration.ofDays(36_500);

  /** Not required, an hour, and streams of an ended process are taken over and ended. */
  public static final JournalPolicy DEFAULT =
      new JournalPolicy(false, Duration.ofHours(1), true, Duration.ZERO);

  private final boolean required;
  private final Duration ttl;
  private final boolean takesOver;
  private final Duration continuation;

  private JournalPolicy(boolean required, Duration ttl, boolean takesOver, Duration continuation) {
    this.required = required;
    this.ttl = ttl;
    this.takesOver = takesOver;
    this.continuation = continuation;
  }

  /**
   * {@return a copy} With {@code true}, a stream that the journal refuses ends as {@code
   * journal-failed}; its provider is not asked if the journal refuses it from the start. With
   * {@code false} it continues, marked as not durable.
   */
  public JournalPolicy withRequired(boolean required) {
    return new JournalPolicy(required, ttl, takesOver, continuation);
  }

  /**
   * {@return a copy with another time for which a stream can be read after its last event}
   *
   * @param ttl zero for a stream that does not expire, at most 36,500 days
   */
  public JournalPolicy withTtl(Duration ttl) {
    Objects.requireNonNull(ttl, "ttl");
    boolean inRange = !ttl.isNegative() && ttl.compareTo(LONGEST) <= 0;
    Check.that(inRange, "ttl", "must be zero to 36,500 days", ttl);
    return new JournalPolicy(required, ttl, takesOver, continuation);
  }

  /**
   * {@return a copy} With {@code true}, a new client takes over the open streams of processes that
   * have ended. It ends them as truncated, unless {@link #withContinuation} lets them wait. Use
   * {@code false} where several processes share a journal.
   */
  public JournalPolicy withTakeOver(boolean takesOver) {
    return new JournalPolicy(required, ttl, takesOver, continuation);
  }

  /**
   * {@return a copy whose streams can be continued after a crash of the process} The journal gets
   * what providers send too, some three times as much. In the next process {@code
   * Holdfast.resume(id, request)} continues a stream. One for which no caller asks in that time
   * ends as truncated.
   *
   * @param within how long; zero for none, at most 36,500 days
   */
  public JournalPolicy withContinuation(Duration within) {
    Objects.requireNonNull(within, "within");
    boolean inRange = !within.isNegative() && within.compareTo(LONGEST) <= 0;
    Check.that(inRange, "within", "must be zero to 36,500 days", within);
    return new JournalPolicy(required, ttl, takesOver, within);
  }

  /** {@return whether a stream ends when the journal refuses it} */
  public boolean isRequired() {
    return required;
  }

  /** {@return how long a stream can be read after its last event; zero for ever} */
  public Duration ttl() {
    return ttl;
  }

  /** {@return whether a new client ends the open streams of processes that have ended} */
  public boolean takesOver() {
    return takesOver;
  }

  /** {@return how long a stream waits to be continued after a crash; zero if it does not} */
  public Duration continuation() {
    return continuation;
  }

  @Override
  public String toString() {
    return "JournalPolicy[required=%s, ttl=%s, takesOver=%s, continuation=%s]"
        .formatted(required, ttl, takesOver, continuation);
  }
}
