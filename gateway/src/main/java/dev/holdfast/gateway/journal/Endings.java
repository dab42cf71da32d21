package dev.holdfast.gateway.journal;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.provider.encode.EventEncoder;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.gateway.message.Refusal;
import java.nio.charset.StandardCharsets;

/** What a reader receives at the end of a stream, besides the stream's own bytes. */
final class Endings {
  private static final byte[] NOTHING = {};
  private static final String REPLACED = "replaced" + StreamRecording.UNWRITTEN;

  private Endings() {}

  /**
   * {@return whether the body shows how the stream ended} The journal itself ends streams, too:
   * when it fails, and when their time has passed.
   */
  static boolean isWritten(JournalEnd end) {
    boolean marked = end.detail().endsWith(StreamRecording.UNWRITTEN);
    return switch (end.kind()) {
      case COMPLETE -> true;
      case CANCELLED, TRUNCATED -> !marked;
      case FAILED, EXPIRED -> false;
    };
  }

  /**
   * {@return the protocol's own error, where the body does not show one} Nothing for an answer of
   * Responses that has begun: its error repeats what only the whole answer shows, and a connection
   * that breaks is as clear.
   */
  static byte[] error(String dialect, StreamId id, JournalEnd end, boolean begun) {
    if (begun && dialect.equals(Dialects.OPENAI_RESPONSES)) {
      return NOTHING;
    }
    String detail =
        switch (end.kind()) {
          case CANCELLED ->
              isReplaced(end) ? "an identical request replaced this one" : "the stream was stopped";
          case EXPIRED -> "the stream has expired";
          case TRUNCATED, FAILED, COMPLETE -> "the stream ended before its answer was whole";
        };
    return EventEncoder.of(dialect, new AnswerHead("hf_" + id, "", 0, false))
        .fail(Failure.permanent(cause(end), detail));
  }

  /** {@return the refusal for a stream that ended before a byte of its answer} */
  static Refusal refusal(JournalEnd end) {
    return isReplaced(end)
        ? StreamRefusals.replaced()
        : Refusal.later(
            502, "stream-" + StreamHeaders.name(end.kind()), "stream: must be answered, was not");
  }

  private static boolean isReplaced(JournalEnd end) {
    return end.detail().equals(REPLACED);
  }

  private static Cause cause(JournalEnd end) {
    for (Cause cause : Cause.values()) {
      if (end.detail().equals(cause.id() + StreamRecording.UNWRITTEN)) {
        return cause;
      }
    }
    return switch (end.kind()) {
      case CANCELLED -> Cause.CANCELLED;
      case TRUNCATED, EXPIRED -> Cause.TRUNCATED;
      case FAILED, COMPLETE -> Cause.JOURNAL_FAILED;
    };
  }

  /** {@return a line of comment that names the end} */
  static byte[] comment(JournalEnd end) {
    String detail = end.detail().replace(StreamRecording.UNWRITTEN, "");
    String line =
        ": holdfast-stream-end "
            + StreamHeaders.name(end.kind())
            + (detail.isEmpty() ? "" : " " + detail);
    return (line + "\n").getBytes(StandardCharsets.UTF_8);
  }
}
