package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.gateway.message.Refusal;

/** The refusals of a gateway that keeps streams. */
public final class StreamRefusals {
  private StreamRefusals() {}

  /** {@return for an id that is foreign, unknown, malformed or expired: all the same} */
  public static Refusal unknown() {
    return Refusal.of(
        404, "unknown-stream", "stream: must be one of this caller that has not expired, was none");
  }

  /** {@return for an offset that is malformed, of another stream, or past the end} */
  public static Refusal wrongOffset() {
    return Refusal.of(
        400, "wrong-offset", "offset: must be one that this stream gave, was another");
  }

  /** {@return for a method that streams do not have} */
  public static Refusal method() {
    return Refusal.of(405, "method", "method: must be GET, HEAD or DELETE for a stream");
  }

  /** {@return for a stream whose place another one took} */
  public static Refusal replaced() {
    return Refusal.of(400, "replaced", "request: must be the last of its kind, was replaced");
  }

  /** {@return for a stream that cannot be read now} */
  public static Refusal unreadable() {
    return Refusal.later(503, "journal-unreadable", "journal: must be readable, was not");
  }

  /** {@return why the journal takes no stream, in a word} */
  public static String reason(JournalRefusal refusal) {
    return switch (refusal.reason()) {
      case FULL -> "full";
      case TOO_LARGE -> "too-large";
      case BUSY -> "busy";
      case FENCED, ENDED -> "taken-over";
      case UNKNOWN, EXISTS, WRONG_SEQUENCE, WRONG_OFFSET, STORAGE, DAMAGED, NO_CONTENT, CLOSED ->
          "storage";
    };
  }

  /** {@return for a new stream for which there is no space} */
  public static Refusal full() {
    return Refusal.later(503, "journal-full", "journal: must have space for a stream, was full");
  }
}
