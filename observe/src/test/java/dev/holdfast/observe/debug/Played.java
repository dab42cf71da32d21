package dev.holdfast.observe.debug;

import dev.holdfast.core.guard.Redactor;
import dev.holdfast.observe.debug.decode.HttpDecoder;
import dev.holdfast.observe.debug.report.DebugReport;
import dev.holdfast.observe.debug.wire.DebugEvent;
import dev.holdfast.observe.debug.wire.DebugLimits;
import dev.holdfast.observe.debug.wire.DebugRequest;
import dev.holdfast.observe.debug.wire.WireEnd;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** An exchange that is told step by step, under a time of its own. */
public final class Played {
  /** A chat completion's first event. */
  public static final String TOKEN =
      "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":"
          + "[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"word \"},\"finish_reason\":null}]}\n\n";

  /** Its proof of completion. */
  static final String FINISH =
      "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":"
          + "[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

  static final String DONE = "data: [DONE]\n\n";

  final List<DebugEvent.Timed> events = new ArrayList<>();
  final Session session;
  private long now;

  public Played() {
    this(Redactor.SHAPES, HttpDecoder.Input.SOCKET);
  }

  Played(Redactor secrets, HttpDecoder.Input input) {
    session = new Session(null, DebugLimits.DEFAULT, secrets, events::add);
    session.begin(input, true);
  }

  static DebugRequest request() {
    return DebugRequest.of(
        URI.create("http://provider.example/v1/chat/completions"), "{\"stream\":true}", List.of());
  }

  public Played asked() {
    session.requestSent(request(), now);
    return this;
  }

  public Played after(Duration time) {
    now += time.toNanos();
    return this;
  }

  public Played wire(String text) {
    session.bytes(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 1_000, now, 0);
    return this;
  }

  Played wire(byte[] bytes) {
    session.bytes(ByteBuffer.wrap(bytes), 1_000, now, 0);
    return this;
  }

  /** A head with chunked encoding and these headers besides. */
  Played head(String... headers) {
    return wire(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
            + String.join("", java.util.Arrays.stream(headers).map(h -> h + "\r\n").toList())
            + "\r\n");
  }

  public Played sse() {
    return head("Content-Type: text/event-stream");
  }

  public Played chunk(String text) {
    int length = text.getBytes(StandardCharsets.UTF_8).length;
    return wire(String.format(Locale.ROOT, "%x\r\n%s\r\n", length, text));
  }

  public DebugReport lastChunk() {
    wire("0\r\n\r\n");
    session.end(session.doneEnd(), "", now);
    return session.report();
  }

  public DebugReport fin() {
    session.fin(now);
    return session.report();
  }

  DebugReport reset() {
    session.end(WireEnd.RESET, "the connection was reset", now);
    return session.report();
  }

  /** Waits for the debugger's own clock. */
  DebugReport untilTheClock() {
    now = session.deadline();
    session.timedOut(now);
    return session.report();
  }
}
