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

  /** Not required, an hour, and streams of an ended process are taken over. */
  public static final JournalPolicy DEFAULT = new JournalPolicy(false, Duration.ofHours(1), true);

  private final boolean required;
  private final Duration ttl;
  private final boolean takesOver;

  private JournalPolicy(boolean required, Duration ttl, boolean takesOver) {
    this.required = required;
    this.ttl = ttl;
    this.takesOver = takesOver;
  }

  /**
   * {@return a copy} With {@code true}, a stream that the journal refuses ends as {@code
   * journal-failed}; its provider is not asked if the journal refuses it from the start. With
   * {@code false} it continues, marked as not durable.
   */
  public JournalPolicy withRequired(boolean required) {
    return new JournalPolicy(required, ttl, takesOver);
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
    return new JournalPolicy(required, ttl, takesOver);
  }

  /**
   * {@return a copy} With {@code true}, a new client ends the open streams of processes that have
   * ended as truncated. Use {@code false} where several processes share a journal.
   */
  public JournalPolicy withTakeOver(boolean takesOver) {
    return new JournalPolicy(required, ttl, takesOver);
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

  @Override
  public String toString() {
    return "JournalPolicy[required=%s, ttl=%s, takesOver=%s]".formatted(required, ttl, takesOver);
  }
}
