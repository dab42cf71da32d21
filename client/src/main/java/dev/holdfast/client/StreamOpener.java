package dev.holdfast.client;

import dev.holdfast.client.journaling.InputLog;
import dev.holdfast.client.journaling.JournaledStreams;
import dev.holdfast.client.journaling.StreamReader;
import dev.holdfast.client.journaling.StreamWriter;
import dev.holdfast.client.transport.GenerationStops;
import dev.holdfast.client.transport.TimeSource;
import dev.holdfast.core.engine.StreamMachine;
import dev.holdfast.core.engine.StreamPlan;
import dev.holdfast.core.engine.UpstreamPlan;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.spi.ObserverNotifier;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Opens the streams of one client: asks, continues, or reads them. Thread-safe. */
final class StreamOpener {
  /** The end of a stream whose stored part is not what the machine writes. */
  private static final Ending UNCONTINUED =
      Ending.builder()
          .verdict(new Verdict.Truncated(Cause.TRUNCATED))
          .failure(Failure.permanent(Cause.TRUNCATED, "the stream could not be continued"))
          .build();

  private final List<UpstreamRoute> routes;
  private final @Nullable StreamPolicy policy;
  private final Transport transport;
  private final @Nullable Supplier<? extends TextSink> sink;
  private final int memoryLimit;
  private final Supplier<? extends RandomGenerator> random;
  private final TimeSource time;
  private final List<StreamObserver> observers;
  private final Redactor redactor;
  private final GenerationStops stops;
  private final @Nullable JournaledStreams journaled;

  StreamOpener(
      Holdfast.Builder builder,
      List<UpstreamRoute> routes,
      Transport transport,
      GenerationStops stops,
      @Nullable JournaledStreams journaled) {
    this.routes = routes;
    this.transport = transport;
    this.stops = stops;
    this.journaled = journaled;
    policy = builder.policy;
    sink = builder.sink;
    memoryLimit = builder.memoryLimit;
    random = builder.random;
    time = builder.time;
    observers = List.copyOf(builder.observers);
    redactor = redactorOf(routes);
  }

  private static Redactor redactorOf(List<UpstreamRoute> routes) {
    var secrets = new ArrayList<String>();
    for (var route : routes) {
      secrets.addAll(route.upstream().secrets());
    }
    return Redactor.of(secrets);
  }

  // ---------------------------------------------------------------- plans

  /**
   * One request.
   *
   * @param asked the upstreams that may be asked
   * @param upstreams how each of them would be
   */
  record Plan(
      List<UpstreamRoute> asked,
      List<UpstreamPlan> upstreams,
      StreamPolicy policy,
      Redactor redactor) {
    StreamMachine machine(RandomGenerator random) {
      return new StreamMachine(new StreamPlan(upstreams, policy, redactor), random);
    }

    private List<StreamObserver.Target> targets() {
      var targets = new ArrayList<StreamObserver.Target>();
      for (int i = 0; i < upstreams.size(); i++) {
        targets.add(asked.get(i).target(upstreams.get(i)));
      }
      return targets;
    }

    /** {@return everything that is asked; no header, as headers have credentials} */
    private String request() {
      var text = new StringBuilder();
      for (var upstream : upstreams) {
        text.append(upstream.dialect().id()).append('\n').append(upstream.body()).append('\n');
      }
      return text.toString();
    }

    private InputLog inputs() {
      return new InputLog(bytes -> !redactor.mask(bytes).isEmpty());
    }
  }

  Plan plan(ChatRequest request, RequestOptions options) {
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(options, "options");
    var first = routes.getFirst().upstream();
    var headers = options.headers();
    if (!request.headers().isEmpty()) {
      headers = joined(request.headers(), headers);
    }
    var asked = carrying(routes, headers);
    var plans = new ArrayList<UpstreamPlan>(asked.size());
    for (var route : asked) {
      plans.add(route.plan(request, first));
    }
    return plan(asked, plans, options, redactorWith(headers));
  }

  /** {@return the headers of a request, with those of its options in their place} */
  private static Map<String, String> joined(
      Map<String, String> asked, Map<String, String> options) {
    asked.forEach(Upstream::checkHeader);
    var headers = new LinkedHashMap<>(asked);
    // One name in two spellings is one header.
    headers.keySet().removeIf(name -> options.keySet().stream().anyMatch(name::equalsIgnoreCase));
    headers.putAll(options);
    return headers;
  }

  Plan plan(String rawJson, RequestOptions options) {
    Objects.requireNonNull(rawJson, "rawJson");
    Objects.requireNonNull(options, "options");
    var first = routes.getFirst().upstream();
    var able = routes.stream().filter(route -> route.speaks(first)).toList();
    var asked = carrying(able, options.headers());
    var plans = asked.stream().map(route -> route.plan(rawJson)).toList();
    return plan(asked, plans, options, redactorWith(options.headers()));
  }

  /** The headers of one request may be secrets of that request. */
  private Redactor redactorWith(Map<String, String> headers) {
    var secrets = Upstream.secretsOf(headers);
    return secrets.isEmpty() ? redactor : redactor.with(secrets);
  }

  private static List<UpstreamRoute> carrying(
      List<UpstreamRoute> routes, Map<String, String> headers) {
    if (headers.isEmpty()) {
      return routes;
    }
    var carrying = new ArrayList<UpstreamRoute>(routes.size());
    for (var route : routes) {
      carrying.add(route.with(headers));
    }
    return carrying;
  }

  private Plan plan(
      List<UpstreamRoute> asked,
      List<UpstreamPlan> plans,
      RequestOptions options,
      Redactor redactor) {
    var decided = options.over(policy(asked.getFirst(), plans.getFirst()));
    return new Plan(asked, plans, decided, redactor);
  }

  /** The provider's profile decides what the caller did not. */
  private StreamPolicy policy(UpstreamRoute first, UpstreamPlan plan) {
    if (policy != null) {
      return policy;
    }
    return first.profile(plan.facts().model()).applyTo(StreamPolicy.DEFAULT);
  }

  // ---------------------------------------------------------------- streams

  StreamDriver begin(ChatRequest request, RequestOptions options) {
    return begin(plan(request, options));
  }

  StreamDriver begin(String rawJson, RequestOptions options) {
    return begin(plan(rawJson, options));
  }

  private StreamDriver begin(Plan plan) {
    RandomGenerator chance = random.get();
    StreamWriter writer = null;
    if (journaled != null && journaled.continues()) {
      long seed = chance.nextLong();
      chance = new SplittableRandom(seed);
      writer = journaled.open(seed, plan.request(), plan.inputs());
    } else if (journaled != null) {
      writer = journaled.open();
    }
    var machine = plan.machine(chance);
    var kept = new DeliveredText(sink, memoryLimit, machine.deliveredText());
    var driver = driver(plan, new StreamDriver.Engine(machine), kept, watching(plan), writer);
    driver.begin();
    return driver;
  }

  private StreamDriver driver(
      Plan plan,
      StreamDriver.Machine machine,
      DeliveredText kept,
      ObserverNotifier watching,
      @Nullable StreamWriter writer) {
    var connect = plan.policy().timeouts().connect();
    return new StreamDriver(
        machine,
        new Shared(plan.asked(), plan.upstreams(), connect, stops),
        attempt ->
            plan.asked()
                .get(attempt.upstream())
                .upstream()
                .request(attempt.call(), attempt.retries(), connect),
        transport,
        kept,
        time,
        watching,
        writer);
  }

  private ObserverNotifier watching(Plan plan) {
    return observers.isEmpty()
        ? ObserverNotifier.none()
        : ObserverNotifier.begin(observers, plan.targets(), time.nanoTime());
  }

  /** Continues a stream that an ended process left open, if that is possible. */
  void takeOver(String id, Plan plan) {
    var left =
        journaled == null
            ? null
            : journaled.takeOver(id, plan.request(), plan.inputs()).orElse(null);
    if (left == null) {
      return;
    }
    var machine = plan.machine(new SplittableRandom(left.seed()));
    var watching = watching(plan);
    var place =
        left.replay(
            machine,
            (signal, bytes, actions) ->
                watching.answered(signal, bytes, machine.frames(), actions, time.nanoTime()));
    if (place.isEmpty()) {
      left.interrupt();
      watching.ended(UNCONTINUED, time.nanoTime());
      return;
    }
    var kept = new DeliveredText(null, memoryLimit);
    var driver = driver(plan, new StreamDriver.Engine(machine), kept, watching, left.writer());
    driver.resume(place.get());
    driver.detach();
  }

  StoredStream stored(StreamReader reader) {
    return new StoredStream(reader, new DeliveredText(null, memoryLimit), time);
  }
}
