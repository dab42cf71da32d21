package dev.holdfast.benchmarks.sockets;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.RequestOptions;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.StreamEvent;
import org.jspecify.annotations.Nullable;

/** Holdfast's client with its defaults: clocks, proof, kept text, recovery. */
final class HoldfastReader implements StreamReader {
  private static final ChatRequest REQUEST = ChatRequest.to("gpt-4.1").user("Go").build();

  private final Holdfast holdfast;
  private final @Nullable Transport transport;

  /**
   * A client.
   *
   * @param transport null for the default
   */
  HoldfastReader(int port, @Nullable Transport transport) {
    this.transport = transport;
    var builder =
        Holdfast.builder()
            .upstream(Upstream.of("openai-chat", "http://127.0.0.1:" + port + "/v1", "none"));
    if (transport != null) {
      builder.transport(transport);
    }
    holdfast = builder.build();
  }

  @Override
  public void read(int events, int rate, EventCount count) {
    var options = RequestOptions.DEFAULT.withHeader("x-bench", StreamReader.bench(events, rate));
    try (var stream = holdfast.stream(REQUEST, options)) {
      for (StreamEvent event : stream) {
        if (event instanceof StreamEvent.TextDelta text) {
          count.take(text.text());
        }
      }
      var unused = stream.outcome().requireComplete();
    }
  }

  @Override
  public void close() {
    holdfast.close();
    if (transport != null) {
      transport.close();
    }
  }
}
