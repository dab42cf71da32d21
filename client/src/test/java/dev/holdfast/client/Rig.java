package dev.holdfast.client;

import dev.holdfast.client.journaling.StreamWriter;
import dev.holdfast.client.transport.GenerationStops;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.policy.Profiles;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.spi.ObserverNotifier;
import dev.holdfast.core.spi.SharedUpstreamState;
import dev.holdfast.core.spi.Transport;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A driver with everything around it within reach. */
final class Rig {
  /** For machines that do not care what is sent. */
  static final ProviderRequest CALL =
      ProviderRequest.post("path", "{}", Dialects.byId("openai-chat"));

  final VirtualTime time = new VirtualTime();
  final FakeTransport transport;
  final StreamDriver driver;

  Rig(StreamDriver.Machine machine) {
    this(machine, new FakeTransport(), () -> new SpillingSink(1000, null));
  }

  Rig(StreamDriver.Machine machine, FakeTransport transport, Supplier<TextSink> sink) {
    this(machine, transport, sink, null);
  }

  Rig(
      StreamDriver.Machine machine,
      FakeTransport transport,
      Supplier<TextSink> sink,
      @Nullable StreamWriter journal) {
    this.transport = transport;
    driver =
        new StreamDriver(
            machine,
            new Shared(
                List.of(
                    new UpstreamRoute(
                        Upstream.openAi("k"),
                        null,
                        Profiles.DEFAULT,
                        new SharedUpstreamState(BreakerPolicy.DEFAULT, new SplittableRandom(1)))),
                List.of(),
                Duration.ZERO,
                new GenerationStops(transport)),
            attempt ->
                new Transport.Request(
                    URI.create("http://localhost/"), Map.of(), attempt.body(), Duration.ZERO),
            transport,
            new DeliveredText(sink, 1000),
            time,
            ObserverNotifier.none(),
            journal);
    driver.begin();
  }

  FakeTransport.FakeExchange exchange() {
    return transport.opened.getLast();
  }

  CompletionStream stream() {
    return CompletionStream.pulledFrom(driver);
  }
}
