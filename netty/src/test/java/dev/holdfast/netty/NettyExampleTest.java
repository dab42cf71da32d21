package dev.holdfast.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The example of docs/requests.md, word for word between the tags, compiled and run. */
final class NettyExampleTest {
  private static final String STORY = "Once upon a time a stream was cut, and then it was whole.";

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
  private final ChatRequest request = ChatRequest.to("gpt-4.1").user("Tell a story").build();

  @Test
  void aStreamThatIsCutIsWholeOverNetty() {
    try (var server =
        FaultServer.builder()
            .tls(Script.healthy())
            .answer(Answer.ofText(STORY))
            .script(Script.of("cut-fin@token=5"))
            .start()) {
      var upstream = Upstream.of("openai-chat", server.baseUrl().toString(), "key");
      var sslContext = server.trusting();
      // tag::netty[]
      try (var transport = NettyTransport.builder().tls(sslContext).build();
          var holdfast = Holdfast.builder().upstream(upstream).transport(transport).build();
          var stream = holdfast.stream(request)) {
        out.print(stream.text());
      }
      // end::netty[]
    }
    assertThat(printed.toString(StandardCharsets.UTF_8)).isEqualTo(STORY);
  }
}
