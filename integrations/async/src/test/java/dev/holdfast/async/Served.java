package dev.holdfast.async;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;

/** A server whose answers break, and a client of it. */
final class Served {
  static final String STORY = "Once upon a time a stream was cut, and then it was whole again.";

  private Served() {}

  static FaultServer with(String... faults) {
    return FaultServer.builder().answer(Answer.ofText(STORY)).script(Script.of(faults)).start();
  }

  static Holdfast client(FaultServer server) {
    return client(server, StreamPolicy.DEFAULT);
  }

  static Holdfast client(FaultServer server, StreamPolicy policy) {
    var upstream = Upstream.of("openai-chat", server.baseUrl().toString(), "test-key");
    return Holdfast.builder().upstream(upstream).policy(policy).build();
  }
}
