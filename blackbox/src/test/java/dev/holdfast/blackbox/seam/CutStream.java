package dev.holdfast.blackbox.seam;

import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.engine.StreamMachine;
import dev.holdfast.core.engine.StreamPlan;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.testkit.model.Reply;
import dev.holdfast.testkit.model.ScriptedModel;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One stream whose first attempt is cut behind some of its frames: the real machine and dialect
 * against a scripted model, without a wire or a clock.
 */
final class CutStream {
  private final ScriptedModel model;
  private final StreamMachine machine;
  private final int cut;
  private final int chunk;
  private final StringBuilder text = new StringBuilder();
  private @Nullable Reply pending;
  private int attempt;
  private @Nullable Ending ending;

  /**
   * A stream of {@code model}'s answer.
   *
   * @param rungs what the model can do
   * @param cut how many content frames of the first attempt arrive
   * @param chunk how many bytes arrive at a time
   */
  CutStream(ScriptedModel model, List<Rung> rungs, int cut, int chunk) {
    this.model = model;
    this.cut = cut;
    this.chunk = chunk;
    var dialect = Dialects.chat(model.protocol().id());
    var body = dialect.body(ChatRequest.to("a-model").user("Describe it.").build());
    this.machine =
        new StreamMachine(
            new StreamPlan(
                dialect, body, new Capability(rungs, Prefill.PLAIN), StreamPolicy.DEFAULT),
            new SplittableRandom(1));
  }

  /** {@return this, over} */
  CutStream run() {
    signal(new Signal.Begin());
    for (var reply = pending; reply != null; reply = pending) {
      pending = null;
      play(reply, attempt);
    }
    return this;
  }

  private void play(Reply reply, int number) {
    signal(new Signal.HeadersArrived(number, reply.head(), 0));
    int content = 0;
    for (var frame : reply.frames()) {
      if (number == 1 && frame.isOutput() && content++ == cut) {
        break;
      }
      if (number == 1 && !frame.isOutput() && content == cut && cut > 0 && content > 0) {
        break;
      }
      byte[] bytes = frame.bytes();
      for (int at = 0; at < bytes.length; at += chunk) {
        signal(
            new Signal.BytesArrived(
                number, ByteBuffer.wrap(bytes, at, Math.min(chunk, bytes.length - at))));
      }
    }
    signal(
        number == 1
            ? new Signal.Failed(number, Failure.retryable(Cause.CONNECTION_LOST, "cut"))
            : new Signal.EndOfBody(number));
  }

  private void signal(Signal signal) {
    for (var action : machine.on(signal, 1_000_000, true)) {
      switch (action) {
        case Action.OpenAttempt open -> {
          attempt = open.attempt();
          pending = model.reply(open.body(), attempt);
        }
        case Action.Deliver(StreamEvent.TextDelta delta) -> text.append(delta.text());
        case Action.Finish(var end) -> ending = end;
        default -> {}
      }
    }
  }

  /** {@return what the consumer has} */
  String text() {
    return text.toString();
  }

  /** {@return how it ended} */
  Ending ending() {
    if (ending == null) {
      throw new AssertionError("not finished");
    }
    return ending;
  }

  /** {@return how many frames of output an answer has} */
  static int outputs(ScriptedModel model) {
    var dialect = Dialects.chat(model.protocol().id());
    var body = dialect.body(ChatRequest.to("a-model").user("Describe it.").build());
    var outputs = new ArrayList<>(model.reply(body, 1).frames());
    outputs.removeIf(frame -> !frame.isOutput());
    return outputs.size();
  }
}
