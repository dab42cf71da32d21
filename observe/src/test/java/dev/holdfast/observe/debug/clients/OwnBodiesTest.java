package dev.holdfast.observe.debug.clients;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.provider.encode.EventEncoder;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What our own encoders write must break no client. */
class OwnBodiesTest {
  private static final AnswerHead HEAD = new AnswerHead("resp_1", "toy", 1_763_640_000, true);

  static List<String> dialects() {
    return EventEncoder.dialects();
  }

  @ParameterizedTest
  @MethodSource("dialects")
  void breakNoClient(String dialect) {
    var encoder = EventEncoder.of(dialect, HEAD);
    var body = new ByteArrayOutputStream();
    body.writeBytes(encoder.keepAlive());
    for (StreamEvent event :
        List.<StreamEvent>of(
            new StreamEvent.Started("up_1", "other"),
            new StreamEvent.ReasoningDelta(0, "Hm."),
            new StreamEvent.TextDelta(0, "Good"),
            new StreamEvent.Heartbeat("ping"),
            new StreamEvent.TextDelta(0, " day."),
            new StreamEvent.ToolCallDelta(0, 0, "call_1", "look", "{\"city\":"),
            new StreamEvent.ToolCallDelta(0, 0, "", "", "\"Oslo\"}"),
            new StreamEvent.ToolCallDelta(0, 1, "call_2", "ping", ""),
            new StreamEvent.Usage(TokenUsage.of(3, 4, "")),
            new StreamEvent.Finished(0, new Finish(Finish.Reason.TOOL_CALLS, "tool_calls")))) {
      body.writeBytes(encoder.encode(event));
    }
    body.writeBytes(encoder.complete());

    var watch = new ClientWatch(dialect);
    watch.bytes(ByteBuffer.wrap(body.toByteArray()));
    var decoder = Dialects.byId(dialect).newDecoder(FrameLimits.DEFAULT);
    decoder.feed(ByteBuffer.wrap(body.toByteArray()));
    for (var frame = decoder.poll(); frame != null; frame = decoder.poll()) {
      watch.frame(frame);
    }
    watch.end();
    // A thought is asked for and in the protocol's own form; one client shows it as text.
    assertThat(watch.breaks())
        .as("%s", body)
        .filteredOn(found -> !found.kind().equals("thought-part"))
        .isEmpty();
  }
}
