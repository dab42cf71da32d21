package dev.holdfast.testkit.sim.upstream;

import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.engine.UpstreamPlan;
import dev.holdfast.core.health.AttemptResult;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.health.RetryBudget;
import dev.holdfast.core.health.UpstreamHealth;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.link.FaultyLink;
import dev.holdfast.testkit.model.ScriptedModel;
import dev.holdfast.testkit.sim.draw.Situation;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;

/** A provider while a stream is simulated: its model, the link to it, and what is known of it. */
public final class SimulatedUpstream {
  /** The output limit of every simulated request, a number that occurs nowhere else. */
  public static final int MAX_TOKENS = 4111;

  /** The wall-clock time at which everything is answered. */
  public static final long EPOCH_MILLIS = 1_700_000_000_000L;

  /** From a request to the first byte of its answer. */
  private static final long LATENCY = Duration.ofMillis(50).toNanos();

  /** How a request constrains its output in a protocol. */
  private record Constraint(String member, String json) {}

  private static final Map<Protocol, Constraint> CONSTRAINTS =
      Map.of(
          Protocol.OPENAI_CHAT,
          new Constraint("response_format", "{\"type\":\"json_object\"}"),
          Protocol.ANTHROPIC_MESSAGES,
          new Constraint("output_format", "{\"type\":\"json_schema\"}"),
          Protocol.OPENAI_RESPONSES,
          new Constraint("text", "{\"format\":{\"type\":\"json_object\"}}"),
          Protocol.OLLAMA_CHAT,
          new Constraint("format", "\"json\""));

  private final Situation situation;
  private final Situation.Upstream upstream;
  private final ScriptedModel model;
  private final ReplyStore keeper;
  private final FaultyLink link;
  private final UpstreamHealth health;
  private final long startNanos;
  private int asked;

  public SimulatedUpstream(
      Situation situation, Situation.Upstream upstream, RandomGenerator random, long startNanos) {
    this.situation = situation;
    this.upstream = upstream;
    this.startNanos = startNanos;
    var protocol = upstream.protocol();
    model =
        new ScriptedModel(protocol, situation.answer(), upstream.continuation(), situation.seed());
    link = new FaultyLink(protocol, situation.seed());
    keeper = new ReplyStore(protocol, upstream.keeping(), model, link);
    health = new UpstreamHealth(new RetryBudget(upstream.budget()), situation.breaker(), random);
    var failure = Failure.retryable(Cause.CONNECTION_FAILED, "another stream's");
    for (int i = 0; i < upstream.failures(); i++) {
      health.score(new AttemptResult.Failed(failure, false), startNanos);
    }
  }

  public UpstreamPlan plan() {
    var dialect = Dialects.chat(upstream.protocol().id());
    var request = ChatRequest.to("sim-model").user("Describe it.").maxTokens(MAX_TOKENS);
    if (situation.request().deterministic()) {
      request.temperature(0);
    }
    var constraint = CONSTRAINTS.get(upstream.protocol());
    if (situation.request().structured() && constraint != null) {
      request.with(constraint.member(), constraint.json());
    }
    var asked = situation.request();
    if (asked.kept() && upstream.protocol() == Protocol.OPENAI_RESPONSES) {
      request.with("background", "true");
    }
    if (choices() > 1) {
      request.with("n", Integer.toString(choices()));
    }
    if (asked.tools()) {
      request.tool("weather", "The weather of a city.", "{\"type\":\"object\"}");
    }
    return new UpstreamPlan(
        dialect.id(), dialect, dialect.body(request.build()), upstream.capability());
  }

  /** {@return whether this protocol can express a request for constrained output} */
  public static boolean canConstrain(Protocol protocol) {
    return CONSTRAINTS.containsKey(protocol);
  }

  public Availability standing(long now) {
    return health.standing(now);
  }

  public void score(AttemptResult sign, long now) {
    health.score(sign, now);
  }

  /** {@return how many answers it is asked for: one where the protocol has no more} */
  private int choices() {
    return choices(situation, upstream);
  }

  public static int choices(Situation situation, Situation.Upstream upstream) {
    return upstream.protocol() == Protocol.OPENAI_CHAT ? situation.request().choices() : 1;
  }

  /** The client stops a kept answer. */
  public void stop(String name) {
    keeper.stop(name);
  }

  /** {@return an attempt of the stream, made now} */
  public SimulatedAttempt ask(int attempt, int index, ProviderRequest call, long now) {
    health.opened(now);
    var asks = ContinuationRequest.of(call);
    var found =
        switch (asks.kind()) {
          case EVENTS, DOCUMENT -> keeper.find(asks, now);
          case ANSWER, COMPLETION, TOKENS -> null;
        };
    var reply =
        switch (asks.kind()) {
          case ANSWER -> model.reply(call.body(), attempt);
          case COMPLETION -> model.completion(call.body(), attempt);
          case TOKENS -> ScriptedModel.tokens(call.body());
          case EVENTS, DOCUMENT -> Objects.requireNonNull(found).reply();
        };
    var faults = upstream.faults(++asked, Duration.ofNanos(now - startNanos));
    String keptAs =
        asks.kind() == ContinuationRequest.Kind.ANSWER
            ? keeper.keep(attempt, call, reply, faults, now)
            : "";
    var sent = link.carry(reply, faults, now + LATENCY, EPOCH_MILLIS);
    return new SimulatedAttempt(attempt, index, asks, call.body(), found, keptAs, reply, sent, now);
  }
}
