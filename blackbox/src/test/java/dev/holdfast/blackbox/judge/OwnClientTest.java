package dev.holdfast.blackbox.judge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.CompletionStream;
import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Outcome;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.judge.ClientOutput;
import dev.holdfast.testkit.judge.Judge;
import dev.holdfast.testkit.judge.JudgedRoute;
import dev.holdfast.testkit.judge.Judgement;
import dev.holdfast.testkit.judge.Task;
import dev.holdfast.testkit.judge.TrialCases;
import java.net.URI;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Our own client stands the trial it sets for others. */
@Tag("slow")
class OwnClientTest {
  private static final Map<Protocol, Future<Judgement>> JUDGEMENTS = new EnumMap<>(Protocol.class);

  /** All protocols at once: most of a trial is waiting for clocks. */
  @BeforeAll
  static void start() {
    for (Protocol protocol : Protocol.spoken()) {
      var judge =
          Judge.of("holdfast", protocol, OwnClientTest::ask)
              .lanes(16)
              .patience(Duration.ofSeconds(3));
      var judging = new FutureTask<>(judge::judge);
      JUDGEMENTS.put(protocol, judging);
      Thread.ofPlatform().daemon().name("trial " + protocol).start(judging);
    }
  }

  @ParameterizedTest
  @MethodSource("spoken")
  @Timeout(120)
  void isSound(Protocol protocol) throws InterruptedException, ExecutionException {
    var judgement = Objects.requireNonNull(JUDGEMENTS.get(protocol)).get();
    judgement.assertSound();
    // A client that told every fault and mended none would be sound as well.
    assertThat(judgement.recovered()).isGreaterThan(20);
  }

  /** The gateway makes nine requests: the first, and eight that continue it. */
  @ParameterizedTest
  @MethodSource("spoken")
  @Timeout(120)
  void doesNotMultiplyTheRequestsOfAGateway(Protocol protocol) throws InterruptedException {
    var cut =
        TrialCases.of(protocol).stream().filter(it -> it.id().equals("every-reply-cut")).toList();
    var judgement =
        Judge.of("holdfast", protocol, OwnClientTest::ask)
            .cases(cut)
            .patience(Duration.ofSeconds(60))
            .limit(Duration.ofSeconds(100))
            .through(server -> new Relayed(gateway(protocol, server), server.getPath()))
            .judge();
    judgement.assertSound();
    assertThat(judgement.rulings())
        .singleElement()
        .satisfies(ruling -> assertThat(ruling.run().requests()).isEqualTo(9));
  }

  private static Gateway gateway(Protocol protocol, URI server) {
    return Gateway.start(
        GatewayConfig.DEFAULT
            .withUpstreams(List.of(UpstreamConfig.parse(protocol.id() + "=" + server)))
            .withDrain(Duration.ZERO));
  }

  /** A gateway before the fault server of a case. */
  private record Relayed(Gateway gateway, String path) implements JudgedRoute.Way {
    @Override
    public URI baseUrl() {
      return URI.create(gateway.uri() + path);
    }

    @Override
    public void close() {
      gateway.close();
    }
  }

  private static List<Protocol> spoken() {
    return Protocol.spoken();
  }

  private static String versioned(Task task) {
    String base = task.baseUrl().toString();
    String root = task.protocol().root();
    return root.isEmpty() || base.endsWith("/" + root) ? base : base + "/" + root;
  }

  private static void ask(Task task, ClientOutput testimony) throws Exception {
    Duration patience = task.patience();
    var clocks = new Timeouts(patience, patience, patience, patience, Duration.ZERO);
    var upstream = Upstream.of(task.protocol().id(), versioned(task), "key");
    try (var holdfast =
            Holdfast.builder()
                .upstream(upstream)
                .policy(StreamPolicy.DEFAULT.withTimeouts(clocks))
                .build();
        CompletionStream stream =
            holdfast.stream(ChatRequest.to("m").user(task.prompt()).build())) {
      int shown = 0;
      for (StreamEvent event : stream) {
        if (event instanceof StreamEvent.TextDelta delta) {
          testimony.text(delta.text());
          shown += delta.text().length();
          if (task.cancelAfter() > 0 && shown >= task.cancelAfter()) {
            stream.abort();
            testimony.cancelled();
            return;
          }
        }
      }
      Outcome outcome = stream.outcome();
      if (!outcome.isComplete()) {
        throw new IllegalStateException(outcome.verdict().toString());
      }
      for (ToolCall call : outcome.toolCalls()) {
        testimony.tool(
            "{\"name\":\"%s\",\"arguments\":%s}".formatted(call.name(), call.arguments()));
      }
    }
  }
}
