package dev.holdfast.observe.debug.wire;

import dev.holdfast.core.stream.Cause;
import java.util.List;

/** What the debugger saw. Texts are a provider's or a user's and not fit for a terminal as such. */
public sealed interface DebugEvent {
  /** The request went out. Keys are removed. */
  record RequestSent(String method, String url, List<HeaderLine> headers, long bodyBytes)
      implements DebugEvent {}

  /**
   * A connection came about.
   *
   * @param address the address that the name resolved to
   * @param tls the version of TLS; empty without
   * @param connectNanos for TCP
   * @param tlsNanos for the handshake; 0 without
   */
  record Connected(String address, String tls, long connectNanos, long tlsNanos)
      implements DebugEvent {}

  /** The response began. Cookies are removed. */
  record HeadArrived(HttpHead head, BodyFraming framing) implements DebugEvent {}

  /**
   * Body bytes arrived: what one read of the socket gave.
   *
   * @param number from 1
   * @param bytes how many, without the chunked encoding
   * @param readNanos how long the read took, the waiting included
   * @param preview its first characters
   */
  record ChunkArrived(long number, long bytes, long readNanos, String preview)
      implements DebugEvent {}

  /**
   * A frame was complete.
   *
   * @param number from 1
   * @param kind for example {@code event} or {@code comment}
   * @param type the event type or field name
   * @param bytes of its data
   * @param content whether it carries output of the model
   * @param finish why the model stopped, as the provider wrote it; empty if the frame has no reason
   * @param preview the text of its content, or else its first characters
   */
  record FrameArrived(
      long number,
      String kind,
      String type,
      long bytes,
      boolean content,
      String finish,
      String preview)
      implements DebugEvent {}

  /** A frame could not be read. */
  record ParseFailed(long frame, Cause cause, String detail) implements DebugEvent {}

  /** A sign of life without content. */
  record HeartbeatArrived(String kind) implements DebugEvent {}

  /** The provider reported an error, by its status or inside the stream. */
  record ErrorArrived(Cause cause, String detail) implements DebugEvent {}

  /** The protocol's own proof of completion was seen. */
  record Completed(String finish) implements DebugEvent {}

  /** The exchange is over. */
  record Ended(WireEnd how, String detail) implements DebugEvent {}

  /** Something that the user of the debugger wants to see in its place. */
  record Noted(String type, String data) implements DebugEvent {}

  /**
   * An event and when it was.
   *
   * @param atNanos since the debugger began
   */
  record Timed(long atNanos, DebugEvent event) {}
}
