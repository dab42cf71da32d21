package dev.holdfast.testkit.link;

import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.fault.Fault;
import java.time.Duration;

/** What a link does next. Arrays in here are never written to once made. */
@SuppressWarnings("ArrayRecordComponent")
sealed interface Step {
  /** Sends the response head. */
  record Head() implements Step {}

  /** Sends a whole event. */
  record Event(WireFrame.Kind kind, byte[] bytes) implements Step {
    static Event of(WireFrame frame) {
      return new Event(frame.kind(), frame.bytes());
    }

    static Event of(WireFrame.Kind kind, String text) {
      return of(new WireFrame(kind, text));
    }
  }

  /** Sends bytes that are no whole event. */
  record Piece(byte[] bytes) implements Step {}

  /** Sends a block over and over, the last time in part, without holding the whole. */
  record Fill(byte[] block, long bytes) implements Step {}

  /** Sends nothing for a while. */
  record Wait(Duration length) implements Step {}

  /** Sends signs of life for a while, the first after an interval. */
  record KeepAlives(byte[] bytes, Duration interval, Duration length) implements Step {}

  /** Marks where a fault strikes; sends nothing. */
  record Mark(Fault fault) implements Step {}

  /** Ends the body properly. */
  record End() implements Step {}

  /** Closes the connection inside the body, after bytes outside its framing. */
  record Fin(byte[] raw) implements Step {
    Fin() {
      this(new byte[0]);
    }
  }

  /** Resets the connection, after bytes outside its framing. */
  record Rst(byte[] raw) implements Step {
    Rst() {
      this(new byte[0]);
    }
  }
}
