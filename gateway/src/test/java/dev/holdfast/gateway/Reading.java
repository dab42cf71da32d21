package dev.holdfast.gateway;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.verdict.BodyJudge;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** What core's reader makes of a body that left the gateway. */
record Reading(String text, String verdict, String failure, List<StreamEvent> events) {
  static Reading of(String dialect, byte[] body) {
    var text = new StringBuilder();
    var events = new ArrayList<StreamEvent>();
    var judge = new BodyJudge(Dialects.byId(dialect), FrameLimits.DEFAULT, CompletionPolicy.STRICT);
    BodyJudge.Visitor visitor =
        (event, counts) -> {
          events.add(event);
          if (event instanceof StreamEvent.TextDelta(int choice, String delta)) {
            text.append(delta);
          }
        };
    judge.feed(ByteBuffer.wrap(body), visitor);
    judge.end(visitor);
    Failure failure = judge.failure();
    return new Reading(
        text.toString(),
        judge.verdict().name(),
        failure == null ? "" : failure.cause().id(),
        events);
  }
}
