package dev.holdfast.gateway.journal;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.provider.encode.EventEncoder;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import java.nio.charset.StandardCharsets;

/** What a reader receives at the end of a stream, besides the stream's own bytes. */
final class Endings {
  private static final byte[] NOTHING = {};

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
          case CANCELLED -> "the stream was stopped";
          case EXPIRED -> "the stream has expired";
          case TRUNCATED, FAILED, COMPLETE -> "the stream ended before its end";
        };
    return EventEncoder.of(dialect, new AnswerHead("hf_" + id, "", 0, false))
        .fail(Failure.permanent(cause(end), detail));
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
