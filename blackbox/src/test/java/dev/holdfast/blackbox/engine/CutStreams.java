package dev.holdfast.blackbox.engine;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.JdkTransport;
import dev.holdfast.client.Outcome;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.dialect.TokenCount;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.testkit.proxy.Cut;
import dev.holdfast.testkit.proxy.CutPlan;
import dev.holdfast.testkit.proxy.CuttingProxy;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Streams of an engine that a proxy cuts. */
final class CutStreams implements AutoCloseable {
  /** Longer than the engine is ever silent with four streams at once, on a busy machine. */
  static final Duration IDLE = Duration.ofSeconds(4);

  private final Engine engine;

  /** One for all streams, as an application has. */
  private final JdkTransport transport = new JdkTransport();

  private final VllmFront front;
  private final CuttingProxy proxy;
  private final CuttingProxy frontProxy;

  CutStreams(Engine engine) throws IOException {
    this.engine = engine;
    front = VllmFront.of(engine);
    proxy = CuttingProxy.to(engine.url());
    frontProxy = CuttingProxy.to(front.url());
  }

  Engine engine() {
    return engine;
  }

  /**
   * How a stream ended.
   *
   * @param outcome what the client reports
   * @param text what it delivered
   * @param exchanges what passed the proxy
   */
  record Result(Outcome outcome, String text, List<CutPlan.Exchange> exchanges) {
    /** {@return whether a cut was made} */
    boolean isCut() {
      return exchanges.stream().anyMatch(exchange -> exchange.cut() != null);
    }

    /** {@return the rungs of the seams} */
    List<Rung> rungs() {
      return outcome.seams().stream().map(Seam::rung).toList();
    }

    /** {@return what differs from the truth; null if nothing does} */
    @Nullable String wrong(Ask.Truth truth) {
      return wrong(truth, false);
    }

    /** As {@link #wrong(Ask.Truth)}; {@code early} permits an end by the limit before the limit. */
    @Nullable String wrong(Ask.Truth truth, boolean early) {
      if (!truth.text().startsWith(text)) {
        return "the text is no prefix of the engine's: " + difference(truth.text());
      }
      boolean limited =
          outcome.finish().map(end -> end.reason() == Finish.Reason.LENGTH).orElse(false);
      if (outcome.isComplete() && !text.equals(truth.text()) && !(early && limited)) {
        return "COMPLETE, but " + (truth.text().length() - text.length()) + " characters short";
      }
      return null;
    }

    private String difference(String expected) {
      int at = 0;
      while (at < Math.min(text.length(), expected.length())
          && text.charAt(at) == expected.charAt(at)) {
        at++;
      }
      return "from character %d of %d on: '%s'"
          .formatted(at, expected.length(), text.substring(at, Math.min(text.length(), at + 40)));
    }

    @Override
    public String toString() {
      return outcome
          + " "
          + outcome.seams()
          + outcome.failure().map(failure -> " " + failure.detail()).orElse("")
          + outcome.stoppedBy().map(cause -> " stopped by " + cause.id()).orElse("")
          + " "
          + exchanges;
    }
  }

  /** {@return a new address for streams that are cut in this order} */
  CutPlan plan(List<Rung> rungs, List<Cut> cuts) {
    return (rungs.contains(Rung.TOKEN_IDS) ? frontProxy : proxy).plan(cuts);
  }

  /** {@return the end of a stream that may go on by these rungs only} */
  Result run(Ask ask, List<Rung> rungs, List<Cut> cuts) {
    return run(ask, able(rungs), plan(rungs, cuts));
  }

  /** {@return what the engine can do, by these rungs only} */
  static Capability able(List<Rung> rungs) {
    return new Capability(rungs, Prefill.PLAIN, "", TokenCount.TIMINGS);
  }

  /** {@return the end of a stream through a plan; without a capability, as a user configures it} */
  Result run(Ask ask, @Nullable Capability capability, CutPlan plan) {
    try (var holdfast = client(ask.protocol(), capability, plan.baseUrl());
        var stream = holdfast.stream(ask.request())) {
      Outcome outcome = stream.outcome();
      return new Result(outcome, outcome.text(), plan.exchanges());
    }
  }

  /** {@return a client of an address} */
  Holdfast client(String protocol, @Nullable Capability capability, URI url) {
    var upstream = Upstream.of(protocol, url.toString(), null);
    return Holdfast.builder()
        .transport(transport)
        .upstream(capability == null ? upstream : upstream.withCapability(capability))
        .policy(
            StreamPolicy.DEFAULT.withTimeouts(
                Timeouts.DEFAULT.withIdle(IDLE).withProgress(IDLE.multipliedBy(4))))
        .build();
  }

  @Override
  public void close() {
    proxy.close();
    frontProxy.close();
    front.close();
    transport.close();
  }
}
