package dev.holdfast.blackbox.matrix;

import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.model.ScriptedModel;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The events of a reply in which nothing goes wrong. */
final class Healthy {
  private static final Map<Protocol, List<WireFrame.Kind>> EVENTS = new ConcurrentHashMap<>();

  private Healthy() {}

  /** {@return what each event of the whole answer is for, in order} */
  static List<WireFrame.Kind> events(Protocol protocol) {
    return EVENTS.computeIfAbsent(protocol, Healthy::read);
  }

  private static List<WireFrame.Kind> read(Protocol protocol) {
    String body = Dialects.chat(protocol.id()).body(ChatRequest.to("m").user("Hi").build());
    return new ScriptedModel(protocol, Bench.ANSWER, new Continuation.Exact(), 0)
        .reply(body, 1).frames().stream().map(WireFrame::kind).toList();
  }
}
