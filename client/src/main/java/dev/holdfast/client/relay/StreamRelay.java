package dev.holdfast.client.relay;

import dev.holdfast.client.observing.QueuedObserver;
import dev.holdfast.client.transport.TimeSource;
import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.engine.StreamPlan;
import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.Profiles;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.relay.Front;
import dev.holdfast.core.relay.Relay;
import dev.holdfast.core.spi.ObserverNotifier;
import dev.holdfast.core.spi.SharedUpstreamState;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.core.stream.ResponseHead;
import java.io.InputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes response bodies whole, for code that owns its HTTP client: the bytes of the first response
 * as they came, then its continuation as the same answer; at the end the proof of completion or the
 * protocol's own error. Thread-safe; share one for all requests of a client.
 *
 * <p>The first response is the host's: its client's own rule of retries applies until the head of a
 * 2xx has come, this relay's afterwards, and never both. Refusals, answers that are no stream, and
 * protocols that are not known pass untouched.
 */
public final class StreamRelay {
  private static final int MAX_HOSTS = 1000;

  private final StreamPolicy policy;
  private final Profiles profiles;
  private final @Nullable Capability capability;
  private final boolean throwsAtEnd;
  private final Consumer<String> warnings;
  private final List<StreamObserver> observers;
  private final Map<String, SharedUpstreamState> hosts = new ConcurrentHashMap<>();
  private final Set<String> warned = ConcurrentHashMap.newKeySet();

  private StreamRelay(Builder builder) {
    policy = builder.policy;
    profiles = builder.profiles;
    capability = builder.capability;
    throwsAtEnd = builder.throwsAtEnd;
    warnings = builder.warnings;
    observers = List.copyOf(builder.observers);
  }

  /** {@return a relay with the defaults of every policy} */
  public static StreamRelay ofDefaults() {
    return builder().build();
  }

  /** {@return a builder that begins with the defaults} */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * {@return whether the answers of an address can be relayed} The request's body need not be read
   * where they cannot.
   */
  public static boolean knows(String method, URI uri) {
    return RelayTarget.dialectOf(method, uri) != null;
  }

  /**
   * {@return the whole body; empty where the response must pass as it is}
   *
   * <p>Reading throws an {@link java.io.IOException} at the end of an answer that is not complete,
   * after the protocol's own error was read. Its cause is a {@link
   * dev.holdfast.client.StreamException}. Closing returns at once, from any thread, and closes the
   * connection within a second.
   *
   * @param head of the first response
   * @param first the exchange whose head that is; its body has not been read
   * @param sender sends continuations
   */
  public Optional<InputStream> body(
      RelayedRequest request, ResponseHead head, RelayExchange first, RelayExchange.Sender sender) {
    String dialect = RelayTarget.dialectOf(request.method(), request.uri());
    String sent = request.body();
    if (dialect == null || !head.isSuccess()) {
      return Optional.empty();
    }
    if (sent == null) {
      warn(
          "request body: must be readable twice so that an answer can be continued, was not;"
              + " streams of such requests pass as they are");
      return Optional.empty();
    }
    if (!streams(dialect, sent)) {
      return Optional.empty();
    }
    String coding = head.header("content-encoding");
    if (!coding.isEmpty() && !coding.equalsIgnoreCase("identity")) {
      warn(
          "content-encoding: must be identity where an answer is relayed, was "
              + coding
              + "; such streams pass as they are");
      return Optional.empty();
    }
    var body = relayed(request, dialect, sent, first, sender);
    if (body == null) {
      return Optional.empty();
    }
    body.begin(head);
    return Optional.of(body);
  }

  /**
   * {@return the answer to a request that the relay sends itself; empty where the host must send it
   * and pass the response as it is}
   *
   * <p>For hosts that do not retry by themselves: refusals and broken connections before the first
   * byte are retried by the policy too. The first request carries the host's headers, except those
   * of the connection, and asks for no compression.
   *
   * @param sender sends the first request and continuations
   */
  public Optional<RelayedAnswer> open(RelayedRequest request, RelayExchange.Sender sender) {
    String dialect = RelayTarget.dialectOf(request.method(), request.uri());
    String sent = request.body();
    if (dialect == null || sent == null || !streams(dialect, sent)) {
      return Optional.empty();
    }
    var body = relayed(request, dialect, sent, null, sender);
    if (body == null) {
      return Optional.empty();
    }
    body.begin();
    return Optional.of(new RelayedAnswer(body));
  }

  /** {@return a body that has not begun; null if the request is none of the protocol} */
  private @Nullable RelayedBody relayed(
      RelayedRequest request,
      String dialect,
      String sent,
      @Nullable RelayExchange first,
      RelayExchange.Sender sender) {
    RelayTarget target;
    try {
      target = RelayTarget.of(request, dialect, sent);
    } catch (IllegalArgumentException e) {
      return null; // The provider will report what is wrong with it.
    }
    var plan = new StreamPlan(List.of(target.plan(profiles, capability)), policy);
    String id = "holdfast-" + Long.toHexString(ThreadLocalRandom.current().nextLong());
    var time = TimeSource.SYSTEM;
    var names =
        new AnswerHead(
            id,
            target.model(),
            time.epochMillis() / 1000,
            dialect.equals(Dialects.OPENAI_CHAT) && RelayTarget.isUsageAsked(sent));
    var relay = new Relay(plan, new Front(dialect, names), ThreadLocalRandom.current());
    return new RelayedBody(
        relay,
        target,
        first,
        sender,
        shared(request.uri().getHost()),
        throwsAtEnd,
        policy.timeouts().connect(),
        time,
        watching(request.uri(), dialect, target.model(), time));
  }

  private ObserverNotifier watching(URI uri, String dialect, String model, TimeSource time) {
    if (observers.isEmpty()) {
      return ObserverNotifier.none();
    }
    String host = uri.getHost();
    var target = new StreamObserver.Target(host, host, Math.max(0, uri.getPort()), dialect, model);
    return ObserverNotifier.begin(observers, List.of(target), time.nanoTime());
  }

  /** {@return whether a request asks for a stream} */
  private static boolean streams(String dialect, String sent) {
    return switch (dialect) {
      case Dialects.GEMINI_SSE, Dialects.GEMINI_JSON_ARRAY -> true;
      case Dialects.OLLAMA_CHAT -> RelayTarget.isStreaming(sent, true);
      default -> RelayTarget.isStreaming(sent, false);
    };
  }

  /** {@return the state that streams of a host share: its retry budget; no circuit refuses} */
  private SharedUpstreamState shared(String host) {
    if (hosts.size() > MAX_HOSTS) {
      hosts.clear();
    }
    return hosts.computeIfAbsent(
        host, unused -> new SharedUpstreamState(BreakerPolicy.OFF, new SplittableRandom()));
  }

  private void warn(String sentence) {
    if (warned.add(sentence)) {
      warnings.accept(sentence);
    }
  }

  /** Gathers what differs from the defaults. Not thread-safe. */
  public static final class Builder {
    private StreamPolicy policy = StreamPolicy.DEFAULT;
    private Profiles profiles = Profiles.DEFAULT;
    private @Nullable Capability capability;
    private boolean throwsAtEnd = true;
    private Consumer<String> warnings = sentence -> {};
    private final List<StreamObserver> observers = new ArrayList<>();

    private Builder() {}

    /** Sets clocks, retries and recovery. */
    public Builder policy(StreamPolicy policy) {
      this.policy = policy;
      return this;
    }

    /** Sets what is known of providers. */
    public Builder profiles(Profiles profiles) {
      this.profiles = profiles;
      return this;
    }

    /** Sets how all models are continued, in place of what is known of their provider. */
    public Builder capability(Capability capability) {
      this.capability = capability;
      return this;
    }

    /** Sets whether reading throws after the protocol's own error; true unless set. */
    public Builder throwsAtEnd(boolean yes) {
      this.throwsAtEnd = yes;
      return this;
    }

    /** Sets what receives each warning, once; they are ignored unless set. */
    public Builder warnings(Consumer<String> warnings) {
      this.warnings = warnings;
      return this;
    }

    /**
     * Adds an observer of every relayed stream. A slow or throwing observer cannot hurt a stream;
     * {@link StreamObserver} has the rule.
     */
    public Builder observer(StreamObserver observer) {
      observers.add(QueuedObserver.around(observer));
      return this;
    }

    /** {@return the relay} */
    public StreamRelay build() {
      return new StreamRelay(this);
    }
  }
}
