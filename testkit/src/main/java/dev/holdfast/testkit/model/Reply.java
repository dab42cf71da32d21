package dev.holdfast.testkit.model;

import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.wire.EventFraming;
import java.util.List;
import java.util.Map;

/**
 * What a healthy provider answers.
 *
 * @param head status and headers, without those of the HTTP framing
 * @param frames the events in order; one document where the reply does not stream
 */
public record Reply(ResponseHead head, List<WireFrame> frames) {
  /** Copies the list. */
  public Reply {
    frames = List.copyOf(frames);
  }

  static Reply stream(EventFraming framing, List<WireFrame> frames) {
    return new Reply(
        new ResponseHead(
            200,
            Map.of(
                "content-type",
                List.of(framing.contentType()),
                "cache-control",
                List.of("no-cache"))),
        frames);
  }

  /** {@return a reply of one JSON document} */
  public static Reply document(int status, String json) {
    return new Reply(
        new ResponseHead(status, Map.of("content-type", List.of("application/json"))),
        List.of(new WireFrame(WireFrame.Kind.DOCUMENT, json)));
  }

  /** {@return whether this is a stream} */
  public boolean isStream() {
    return frames.isEmpty() || frames.getFirst().kind() != WireFrame.Kind.DOCUMENT;
  }

  /** {@return the status} */
  public int status() {
    return head.status();
  }

  /** {@return the body as text} */
  public String body() {
    var body = new StringBuilder();
    frames.forEach(frame -> body.append(frame.text()));
    return body.toString();
  }
}
