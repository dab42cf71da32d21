package dev.holdfast.core.relay;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.engine.StreamPlan;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.core.stream.Rung;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Drives a relay by hand, against upstreams that are given as bytes. */
final class Relayed {
  static final AnswerHead HEAD = new AnswerHead("id_front", "model-front", 1_700_000_000, true);

  /** What an upstream answers: bytes, and whether the connection breaks after them. */
  static final class Answer {
    private final byte[] bytes;
    private final boolean breaks;

    Answer(byte[] bytes, boolean breaks) {
      this.bytes = bytes;
      this.breaks = breaks;
    }

    static Answer whole(String body) {
      return new Answer(body.getBytes(StandardCharsets.UTF_8), false);
    }

    static Answer cut(byte[] body, int length) {
      return new Answer(Arrays.copyOf(body, length), true);
    }
  }

  /** Answers the requests of one stream. */
  interface Upstream {
    Answer answer(int attempt, int upstream, String request);
  }

  final Relay relay;
  final ByteArrayOutputStream body = new ByteArrayOutputStream();
  final List<Action> log = new ArrayList<>();
  @Nullable Ending ending;
  private final ArrayDeque<Action.OpenAttempt> open = new ArrayDeque<>();
  private int current;
  private long now;
  private long timer = Long.MAX_VALUE;

  /** Whether chunks are shown in buffers without an array. */
  boolean direct;

  Relayed(StreamPlan plan, Front front) {
    relay = new Relay(plan, front, new SplittableRandom(1));
  }

  static StreamPlan plan(String dialect, String request, Rung... rungs) {
    return new StreamPlan(
        Dialects.chat(dialect),
        request,
        new Capability(List.of(rungs), Prefill.PLAIN),
        StreamPolicy.DEFAULT);
  }

  /** Runs the stream to its end, with chunks of a size. */
  Relayed run(Upstream upstream, int chunk) {
    signal(new Signal.Begin());
    while (ending == null) {
      var next = open.poll();
      if (next == null) {
        now = Math.max(now, timer);
        signal(new Signal.TimerFired());
        continue;
      }
      var answer = upstream.answer(next.attempt(), next.upstream(), next.body());
      current = next.attempt();
      signal(new Signal.HeadersArrived(current, head(), 0));
      byte[] bytes = answer.bytes;
      for (int at = 0; at < bytes.length && current == next.attempt() && ending == null; ) {
        int count = Math.min(chunk, bytes.length - at);
        arrived(next.attempt(), bytes, at, count);
        at += count;
      }
      if (ending == null && current == next.attempt()) {
        signal(
            answer.breaks
                ? new Signal.Failed(
                    current, Failure.retryable(Cause.CONNECTION_LOST, "connection reset"))
                : new Signal.EndOfBody(current));
      }
    }
    return this;
  }

  /** Bytes arrive, in an array that is overwritten once they have been read. */
  private void arrived(int attempt, byte[] bytes, int at, int count) {
    ByteBuffer chunk;
    byte[] shared = new byte[0];
    if (direct) {
      chunk = ByteBuffer.allocateDirect(count);
      chunk.put(bytes, at, count).flip();
    } else {
      shared = new byte[count + 3];
      System.arraycopy(bytes, at, shared, 3, count);
      chunk = ByteBuffer.wrap(shared, 3, count);
    }
    signal(new Signal.BytesArrived(attempt, chunk));
    Arrays.fill(shared, (byte) '!');
  }

  static ResponseHead head() {
    return new ResponseHead(200, Map.of("content-type", List.of("text/event-stream")));
  }

  void signal(Signal signal) {
    now++;
    var actions = relay.on(signal, now, true);
    take();
    for (var action : actions) {
      log.add(action);
      switch (action) {
        case Action.OpenAttempt opened -> open.add(opened);
        case Action.CloseAttempt(int attempt) -> current = attempt == current ? 0 : current;
        case Action.SetTimer(long at) -> timer = at;
        case Action.Finish(Ending end) -> ending = end;
        default -> {}
      }
    }
  }

  void take() {
    var bytes = relay.body();
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    body.writeBytes(copy);
  }

  byte[] bytes() {
    return body.toByteArray();
  }

  String text() {
    return body.toString(StandardCharsets.UTF_8);
  }

  Ending ending() {
    return Objects.requireNonNull(ending);
  }
}
