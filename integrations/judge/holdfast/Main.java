package judged;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.stream.StreamEvent;
import java.time.Duration;

/** Holdfast's own client. */
public final class Main {
  public static void main(String[] args) {
    Contract.run(() -> {
      Duration patience = Contract.timeout();
      var clocks = new Timeouts(patience, patience, patience, patience, Duration.ZERO);
      String base = Contract.baseUrl();
      String root =
          switch (Contract.protocol()) {
            case "anthropic-messages" -> "/v1";
            case "gemini-sse" -> "/v1beta";
            default -> "";
          };
      var upstream = Upstream.of(Contract.protocol(), base + root, "none");
      try (var holdfast =
              Holdfast.builder()
                  .upstream(upstream)
                  .policy(StreamPolicy.DEFAULT.withTimeouts(clocks))
                  .build();
          var stream = holdfast.stream(ChatRequest.to("judged").user(Contract.prompt()).build())) {
        for (StreamEvent event : stream) {
          if (event instanceof StreamEvent.TextDelta delta && Contract.text(delta.text())) {
            Contract.cancel(stream::abort);
          }
        }
        var outcome = stream.outcome().requireComplete();
        outcome.toolCalls().forEach(call -> Contract.tool(call.name(), call.arguments()));
      }
    });
  }
}
