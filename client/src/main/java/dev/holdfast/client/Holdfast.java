package dev.holdfast.client;

import dev.holdfast.core.dialect.ChatRequest;
import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.dialect.Dialects;
import dev.holdfast.core.engine.StreamMachine;
import dev.holdfast.core.engine.StreamPlan;
import dev.holdfast.core.policy.Capabilities;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Check;
import dev.holdfast.core.stream.StreamEvent;
import java.io.InputStream;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.Flow;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Streams from one upstream that arrive complete and exactly once, or say why not. Thread-safe;
 * make one and keep it.
 */
public final class Holdfast implements AutoCloseable {
  private final Upstream upstream;
  private final StreamPolicy policy;
  private final Transport transport;
  private final boolean ownsTransport;
  private final @Nullable Supplier<? extends TextSink> sink;
  private final int memoryLimit;
  private final Supplier<? extends RandomGenerator> random;
  private final Timekeeper time;
  private final Experience experience = new Experience();

  private Holdfast(Builder builder, Upstream upstream) {
    this.upstream = upstream;
    policy = builder.policy;
    ownsTransport = builder.transport == null;
    transport = builder.transport == null ? new JdkTransport() : builder.transport;
    sink = builder.sink;
    memoryLimit = builder.memoryLimit;
    random = builder.random;
    time = builder.time;
  }

  /** {@return a builder} */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Asks for an answer.
   *
   * @throws IllegalArgumentException if the request cannot be said in the upstream's protocol
   */
  public CompletionStream stream(ChatRequest request) {
    return stream(upstream.dialect().body(request));
  }

  /**
   * Asks for an answer to a request body of the caller's own, in the upstream's protocol. Streaming
   * is switched on, everything else goes out as it is.
   *
   * @throws IllegalArgumentException if the body is not a JSON object
   */
  public CompletionStream stream(String rawJson) {
    return CompletionStream.pulledFrom(begin(rawJson));
  }

  /**
   * Asks for an answer and tells a listener, on a virtual thread.
   *
   * @return a handle for {@link CompletionStream#abort} and {@link CompletionStream#outcome}
   * @throws IllegalArgumentException if the request cannot be said in the upstream's protocol
   */
  public CompletionStream listen(ChatRequest request, StreamListener listener) {
    return listen(upstream.dialect().body(request), listener);
  }

  /**
   * Asks for an answer to a request body of the caller's own and tells a listener.
   *
   * @throws IllegalArgumentException if the body is not a JSON object
   */
  public CompletionStream listen(String rawJson, StreamListener listener) {
    Objects.requireNonNull(listener, "listener");
    StreamDriver driver = begin(rawJson);
    var reading =
        Thread.ofVirtual().name("holdfast-listener").unstarted(new Following(driver, listener));
    reading.start();
    return CompletionStream.followedFrom(driver, reading);
  }

  /** {@return a publisher that asks anew for every subscriber; see the Reactive Streams rules} */
  public Flow.Publisher<StreamEvent> publisher(ChatRequest request) {
    return publisher(upstream.dialect().body(request));
  }

  /** {@return a publisher of a request body of the caller's own} */
  public Flow.Publisher<StreamEvent> publisher(String rawJson) {
    return new EventPublisher(() -> stream(rawJson));
  }

  /** Gives up the connections, but those of a transport that was handed in. Open streams fail. */
  @Override
  public void close() {
    if (ownsTransport) {
      transport.close();
    }
  }

  /**
   * Wraps the response body of any client. The same bytes come out, at the same time; but where the
   * answer ends without its protocol's proof, or reports an error, or breaks its framing, reading
   * throws instead of ending.
   *
   * <p>The exception is unchecked on purpose: clients take an {@link java.io.IOException} for a
   * broken connection, and some of them try again. An IOException of {@code body} itself passes
   * unchanged. From the frame on that fails the check no byte comes out any more, as far as it was
   * read in one go, so that a client which stops at {@code [DONE]} does not stop before it knows.
   *
   * @param dialect the protocol of the body
   * @return a stream that closes {@code body} when closed; its reads throw {@link
   *     IncompleteStreamException} or {@link ProviderException}
   */
  public static InputStream check(InputStream body, Dialect dialect) {
    return check(body, dialect, CompletionPolicy.STRICT);
  }

  /**
   * Like {@link #check(InputStream, Dialect)}, by the dialect's id.
   *
   * @throws IllegalArgumentException if there is no such dialect
   */
  public static InputStream check(InputStream body, String dialectId) {
    return check(body, Dialects.byId(dialectId));
  }

  /** Like {@link #check(InputStream, Dialect)}, for servers that never send their proof. */
  public static InputStream check(InputStream body, Dialect dialect, CompletionPolicy completion) {
    return new CheckedStream(body, dialect, completion);
  }

  private StreamDriver begin(String rawJson) {
    var dialect = upstream.dialect();
    String body = dialect.streaming(rawJson);
    String model = dialect.facts(body).model();
    Capability capability = upstream.capability();
    if (capability == null) {
      capability = Capabilities.forModel(dialect.id(), upstream.baseUrl().getHost(), model);
    }
    var plan = new StreamPlan(dialect, body, experience.learnt(model, capability), policy);
    var driver =
        new StreamDriver(
            new StreamMachine(plan, random.get())::on,
            model,
            (call, retries) -> upstream.request(call, retries, policy.timeouts().connect()),
            transport,
            experience,
            new KeptText(sink == null ? this::spilling : sink, memoryLimit),
            time);
    driver.begin();
    return driver;
  }

  private TextSink spilling() {
    return new SpillingSink(memoryLimit, null);
  }

  /** Gathers what a {@link Holdfast} needs: an upstream; everything else has a default. */
  public static final class Builder {
    private @Nullable Upstream upstream;
    private @Nullable String baseUrl;
    private StreamPolicy policy = StreamPolicy.DEFAULT;
    private @Nullable Transport transport;
    private @Nullable Supplier<? extends TextSink> sink;
    private int memoryLimit = SpillingSink.DEFAULT_LIMIT;
    private Supplier<? extends RandomGenerator> random = SplittableRandom::new;
    private Timekeeper time = Timekeeper.SYSTEM;

    private Builder() {}

    /** Streams from OpenAI. */
    public Builder openAi(String apiKey) {
      return upstream(Upstream.openAi(apiKey));
    }

    /** Streams from Anthropic. */
    public Builder anthropic(String apiKey) {
      return upstream(Upstream.anthropic(apiKey));
    }

    /** Streams from any endpoint. */
    public Builder upstream(Upstream upstream) {
      this.upstream = upstream;
      return this;
    }

    /** Sends to another address than the upstream's; see {@link Upstream#baseUrl}. */
    public Builder baseUrl(String baseUrl) {
      this.baseUrl = baseUrl;
      return this;
    }

    /** Sets clocks, retries, recovery, completion and limits. */
    public Builder policy(StreamPolicy policy) {
      this.policy = policy;
      return this;
    }

    /** Sends requests another way; the default is a {@link JdkTransport}. The caller closes it. */
    public Builder transport(Transport transport) {
      this.transport = transport;
      return this;
    }

    /** Makes the sink of each stream's text; the default is a {@link SpillingSink}. */
    public Builder sink(Supplier<? extends TextSink> sink) {
      this.sink = sink;
      return this;
    }

    /**
     * Limits the text kept in memory per stream, in UTF-16 units; 8 Mi by default. Longer text
     * spills to a file, and only {@link Outcome#textReader} gives it out.
     */
    public Builder memoryLimit(int characters) {
      Check.that(characters >= 0, "memoryLimit", "must not be negative", characters);
      memoryLimit = characters;
      return this;
    }

    /** Replaces the source of jitter. For tests. */
    Builder random(Supplier<? extends RandomGenerator> random) {
      this.random = random;
      return this;
    }

    /** Replaces time. For tests. */
    Builder time(Timekeeper time) {
      this.time = time;
      return this;
    }

    /**
     * {@return the client}
     *
     * @throws IllegalArgumentException if no upstream was named, or the base URL is no address
     */
    public Holdfast build() {
      Upstream chosen = upstream;
      if (chosen == null) {
        throw new IllegalArgumentException("upstream: must be set, was null");
      }
      return new Holdfast(this, baseUrl == null ? chosen : chosen.at(baseUrl));
    }
  }
}
