package dev.holdfast.gateway;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.stream.StreamEvent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What core's reader makes of a body that left the gateway.
 *
 * @param verdict {@code COMPLETE} if it is proven and reports no error, else {@code BROKEN}
 */
record Reading(String text, String verdict, List<StreamEvent> events) {
  static Reading of(String dialect, byte[] body) {
    var protocol = Dialects.byId(dialect);
    var decoder = protocol.newDecoder(FrameLimits.DEFAULT);
    var reader = protocol.newReader(CompletionPolicy.STRICT);
    var events = new ArrayList<StreamEvent>();
    decoder.feed(ByteBuffer.wrap(body));
    for (var frame = decoder.poll(); frame != null; frame = decoder.poll()) {
      reader.read(frame, events::add);
    }
    decoder.endOfInput();
    for (var frame = decoder.poll(); frame != null; frame = decoder.poll()) {
      reader.read(frame, events::add);
    }
    Proof proof = reader.end(events::add);
    var text = new StringBuilder();
    boolean broken = !proof.isProven();
    for (StreamEvent event : events) {
      if (event instanceof StreamEvent.TextDelta delta) {
        text.append(delta.text());
      }
      broken |= event instanceof StreamEvent.ErrorReported;
      broken |= event instanceof StreamEvent.FrameRejected;
    }
    return new Reading(text.toString(), broken ? "BROKEN" : "COMPLETE", List.copyOf(events));
  }
}
