package dev.holdfast.blackbox.judge;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.judge.Judge;
import dev.holdfast.testkit.judge.JudgedClient;
import dev.holdfast.testkit.junit.Faults;
import dev.holdfast.testkit.server.FaultServer;
import java.net.URI;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the README shows to a tester of a Java client, to the letter (see ReadmeExamplesTest). */
@Tag("slow")
class ReadmeClientTest {
  // tag::cut[]
  @Test
  void survivesACut(@Faults("cut-rst@token=6") FaultServer server) {
    new MyClient(server.baseUrl()).ask("Hello?");
    server.received().hasCount(2).hasNoneOpen();
  }

  // end::cut

  @Test
  @Timeout(300)
  void standsTheTrial() throws InterruptedException {
    // tag::judged[]
    JudgedClient mine = (task, out) -> new MyClient(task.baseUrl()).ask(task.prompt(), out::text);
    Judge.of("mine", Protocol.OPENAI_CHAT, mine).withoutCancel().lanes(8).judge().assertSound();
    // end::judged
  }

  private record MyClient(URI baseUrl) {
    void ask(String prompt) {
      ask(prompt, text -> {});
    }

    void ask(String prompt, Consumer<String> shown) {
      Duration patience = Duration.ofSeconds(3);
      var clocks = new Timeouts(patience, patience, patience, patience, Duration.ZERO);
      try (var holdfast =
              Holdfast.builder()
                  .upstream(Upstream.of("openai-chat", baseUrl.toString(), null))
                  .policy(StreamPolicy.DEFAULT.withTimeouts(clocks))
                  .build();
          var stream = holdfast.stream(ChatRequest.to("m").user(prompt).build())) {
        for (StreamEvent event : stream) {
          if (event instanceof StreamEvent.TextDelta delta) {
            shown.accept(delta.text());
          }
        }
        if (!stream.outcome().isComplete()) {
          throw new IllegalStateException(stream.outcome().verdict().toString());
        }
      }
    }
  }
}
