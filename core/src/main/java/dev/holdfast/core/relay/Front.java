package dev.holdfast.core.relay;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.provider.encode.BodyPosition;
import dev.holdfast.core.stream.Check;

/**
 * What the client of a relayed stream gets.
 *
 * @param dialect the protocol of its body, one of {@link BodyPosition#dialects()}
 * @param head the answer's names, where no upstream's bytes have shown them
 * @param repair whether every frame is written anew: for upstreams whose streams are complete but
 *     break clients
 * @param hidesUsage whether chunks of OpenAI Chat that report tokens and nothing else are left out,
 *     because the client did not ask for them
 * @param holdsOpening whether nothing leaves before the first content, or {@link Relay#release}: as
 *     long as nothing has left, another upstream may answer, and a failure leaves no body
 * @param keepAlive the form of signs of life; with {@link KeepAlive#LINE} comments of the provider
 *     lose their blank line, too
 * @param maxHeld how many bytes may be held while a tool call or the proof is awaited
 */
public record Front(
    String dialect,
    AnswerHead head,
    boolean repair,
    boolean hidesUsage,
    boolean holdsOpening,
    KeepAlive keepAlive,
    int maxHeld) {
  /** As long as a frame may be, which is held until it is whole. */
  public static final int MAX_HELD = 16 << 20;

  /** Checks the protocol and the bound. */
  public Front {
    Check.that(
        BodyPosition.dialects().contains(dialect),
        "dialect",
        "must be one of " + String.join(", ", BodyPosition.dialects()),
        "'" + dialect + "'");
    Check.that(maxHeld > 0, "maxHeld", "must be positive", maxHeld);
  }

  /** A front that passes on at once what is whole. */
  public Front(String dialect, AnswerHead head) {
    this(dialect, head, false, false, false, KeepAlive.AUTO, MAX_HELD);
  }

  /** {@return a copy that writes every frame anew, or not} */
  public Front withRepair(boolean repair) {
    return new Front(dialect, head, repair, hidesUsage, holdsOpening, keepAlive, maxHeld);
  }

  /** {@return a copy that leaves out chunks of tokens, or not} */
  public Front withHiddenUsage(boolean hidden) {
    return new Front(dialect, head, repair, hidden, holdsOpening, keepAlive, maxHeld);
  }

  /** {@return a copy that holds the opening, or not} */
  public Front withHeldOpening(boolean held) {
    return new Front(dialect, head, repair, hidesUsage, held, keepAlive, maxHeld);
  }

  /** {@return a copy with another form of signs of life} */
  public Front withKeepAlive(KeepAlive form) {
    return new Front(dialect, head, repair, hidesUsage, holdsOpening, form, maxHeld);
  }

  /** {@return a copy with another bound on what is held} */
  public Front withMaxHeld(int bytes) {
    return new Front(dialect, head, repair, hidesUsage, holdsOpening, keepAlive, bytes);
  }
}
