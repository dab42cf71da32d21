package dev.holdfast.client;

import dev.holdfast.client.journal.JournalPolicy;
import dev.holdfast.client.journal.UnknownStreamException;
import dev.holdfast.client.journaling.JournaledStreams;
import dev.holdfast.client.observing.QueuedObserver;
import dev.holdfast.client.transport.GenerationStops;
import dev.holdfast.client.transport.TimeSource;
import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.policy.Profiles;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.ObserverNotifier;
import dev.holdfast.core.spi.SharedUpstreamState;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Check;
import dev.holdfast.core.stream.StreamEvent;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Flow;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Streams that arrive complete and exactly once, or report why not, from one upstream or from the
 * next one. Thread-safe; make one and keep it.
 */
public final class Holdfast implements AutoCloseable {
  private final Transport transport;
  private final boolean ownsTransport;
  private final GenerationStops stops;
  private final @Nullable JournaledStreams journaled;
  private final StreamOpener opener;

  private Holdfast(Builder builder, List<UpstreamRoute> routes) {
    ownsTransport = builder.transport == null;
    transport = builder.transport == null ? new JdkTransport() : builder.transport;
    stops = new GenerationStops(transport);
    journaled =
        builder.journal == null
            ? null
            : new JournaledStreams(builder.journal, builder.journalPolicy);
    opener = new StreamOpener(builder, routes, transport, stops, journaled);
  }

  /** {@return a builder} */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Asks for an answer.
   *
   * @throws IllegalArgumentException if the protocol of an upstream cannot express the request
   */
  public CompletionStream stream(ChatRequest request) {
    return stream(request, RequestOptions.DEFAULT);
  }

  /**
   * Asks for an answer, with a policy, clocks or headers of its own.
   *
   * @throws IllegalArgumentException if the protocol of an upstream cannot express the request
   */
  public CompletionStream stream(ChatRequest request, RequestOptions options) {
    return CompletionStream.pulledFrom(opener.begin(request, options));
  }

  /**
   * Asks for an answer to a request body of the caller's own, in the first upstream's protocol.
   * Streaming is switched on, everything else goes out as it is; upstreams of another protocol are
   * not asked.
   *
   * @throws IllegalArgumentException if the body is not a JSON object
   */
  public CompletionStream stream(String rawJson) {
    return stream(rawJson, RequestOptions.DEFAULT);
  }

  /**
   * Asks for an answer to a request body of the caller's own, with a policy, clocks or headers of
   * its own.
   *
   * @throws IllegalArgumentException if the body is not a JSON object
   */
  public CompletionStream stream(String rawJson, RequestOptions options) {
    return CompletionStream.pulledFrom(opener.begin(rawJson, options));
  }

  /**
   * Asks for an answer and calls a listener, on a virtual thread.
   *
   * @return a handle for {@link CompletionStream#abort} and {@link CompletionStream#outcome}
   * @throws IllegalArgumentException if the protocol of an upstream cannot express the request
   */
  public CompletionStream listen(ChatRequest request, StreamListener listener) {
    return listen(request, RequestOptions.DEFAULT, listener);
  }

  /**
   * Asks for an answer, with a policy, clocks or headers of its own, and calls a listener.
   *
   * @throws IllegalArgumentException if the protocol of an upstream cannot express the request
   */
  public CompletionStream listen(
      ChatRequest request, RequestOptions options, StreamListener listener) {
    Objects.requireNonNull(listener, "listener");
    return followed(opener.begin(request, options), listener);
  }

  /**
   * Asks for an answer to a request body of the caller's own and calls a listener.
   *
   * @throws IllegalArgumentException if the body is not a JSON object
   */
  public CompletionStream listen(String rawJson, StreamListener listener) {
    return listen(rawJson, RequestOptions.DEFAULT, listener);
  }

  /**
   * Asks for an answer to a request body of the caller's own, with a policy, clocks or headers of
   * its own, and calls a listener.
   *
   * @throws IllegalArgumentException if the body is not a JSON object
   */
  public CompletionStream listen(String rawJson, RequestOptions options, StreamListener listener) {
    Objects.requireNonNull(listener, "listener");
    return followed(opener.begin(rawJson, options), listener);
  }

  /**
   * Reads a stream of the journal from its start: what is stored, then what is appended, then the
   * end. Any number of readers, while the stream is written and after its end, until it expires.
   *
   * @throws UnknownStreamException if there is no such stream, or no longer
   * @throws IllegalStateException if the client has no journal, or the journal cannot be read
   */
  public CompletionStream resume(String id) {
    Objects.requireNonNull(id, "id");
    return resumed(id, Optional.empty());
  }

  /**
   * Reads a stream of the journal from a place on. The text of the outcome is what this reader
   * received; everything else in it is of the whole stream. Closing the reader does not end the
   * stream; {@link #stop} does.
   *
   * @param id of {@link CompletionStream#id}
   * @param after of {@link CompletionStream#offset}: the place after the last event received
   * @throws UnknownStreamException if there is no such stream, or no longer
   * @throws IllegalArgumentException if the offset is malformed, of another stream, or past the end
   * @throws IllegalStateException if the client has no journal, or the journal cannot be read
   */
  public CompletionStream resume(String id, String after) {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(after, "after");
    return resumed(id, Optional.of(after));
  }

  private CompletionStream resumed(String id, Optional<String> after) {
    var reader = journaled().read(id, after);
    return CompletionStream.pulledFrom(opener.stored(reader));
  }

  /** As {@link #resume(String, String, ChatRequest, RequestOptions)}, from the stream's start. */
  public CompletionStream resume(String id, ChatRequest request) {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(request, "request");
    var unused = journaled();
    opener.takeOver(id, opener.plan(request, RequestOptions.DEFAULT));
    return resumed(id, Optional.empty());
  }

  /**
   * Reads a stream of the journal from a place on, and continues it first if an ended process left
   * it open. It runs on without its readers then. The rungs are those after a lost connection, and
   * what cannot be continued ends as truncated. A stream that has ended, or is being written, is
   * only read. Needs {@link JournalPolicy#withContinuation}, in this process and in the one before.
   *
   * @param id of {@link CompletionStream#id}
   * @param after of {@link CompletionStream#offset}: the place after the last event received
   * @param request as the stream was asked for: the journal does not have it
   * @param options as the stream was asked for
   * @throws UnknownStreamException if there is no such stream, or no longer
   * @throws IllegalArgumentException if the offset is malformed, of another stream, or past the
   *     end, or the stream answers another request
   * @throws IllegalStateException if the client has no journal, or the journal cannot be read
   */
  public CompletionStream resume(
      String id, String after, ChatRequest request, RequestOptions options) {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(after, "after");
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(options, "options");
    var unused = journaled();
    opener.takeOver(id, opener.plan(request, options));
    return resumed(id, Optional.of(after));
  }

  /** As above, for a stream that was asked for with a request body of the caller's own. */
  public CompletionStream resume(String id, String after, String rawJson, RequestOptions options) {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(after, "after");
    Objects.requireNonNull(rawJson, "rawJson");
    Objects.requireNonNull(options, "options");
    var unused = journaled();
    opener.takeOver(id, opener.plan(rawJson, options));
    return resumed(id, Optional.of(after));
  }

  /**
   * Ends a stream of the journal as cancelled, as {@link CompletionStream#abort} does. Its readers
   * receive that end.
   *
   * @return whether the stream was open
   * @throws UnknownStreamException if there is no such stream, or no longer
   * @throws IllegalStateException if the client has no journal
   */
  public boolean stop(String id) {
    Objects.requireNonNull(id, "id");
    return journaled().stop(id);
  }

  private JournaledStreams journaled() {
    if (journaled == null) {
      throw new IllegalStateException("journal: must be set to read streams again, was not");
    }
    return journaled;
  }

  private static CompletionStream followed(StreamDriver driver, StreamListener listener) {
    var reading =
        Thread.ofVirtual()
            .name("holdfast-listener")
            .unstarted(new CompletionStream.ListenerLoop(driver, listener));
    reading.start();
    return CompletionStream.followedFrom(driver, reading);
  }

  /** {@return a publisher that asks anew for every subscriber; see the Reactive Streams rules} */
  public Flow.Publisher<StreamEvent> publisher(ChatRequest request) {
    return publisher(request, RequestOptions.DEFAULT);
  }

  /** {@return a publisher as {@link #publisher(ChatRequest)}, with options of its own} */
  public Flow.Publisher<StreamEvent> publisher(ChatRequest request, RequestOptions options) {
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(options, "options");
    return CompletionStream.publisher(() -> stream(request, options));
  }

  /** {@return a publisher of a request body of the caller's own} */
  public Flow.Publisher<StreamEvent> publisher(String rawJson) {
    return publisher(rawJson, RequestOptions.DEFAULT);
  }

  /** {@return a publisher as {@link #publisher(String)}, with options of its own} */
  public Flow.Publisher<StreamEvent> publisher(String rawJson, RequestOptions options) {
    Objects.requireNonNull(rawJson, "rawJson");
    Objects.requireNonNull(options, "options");
    return CompletionStream.publisher(() -> stream(rawJson, options));
  }

  /**
   * Closes the connections, except those of a transport that was handed in, whose open streams run
   * on. All other open streams fail. Those whose provider would write on at the answer are
   * cancelled first, and the requests that stop it are waited for, at most a second. Streams in a
   * journal are cancelled, detached ones too, and their ends are stored, which takes at most two
   * seconds; so close the journal after the client.
   */
  @Override
  public void close() {
    if (journaled != null) {
      journaled.close();
    }
    stops.close();
    if (ownsTransport) {
      transport.close();
    }
  }

  /**
   * Wraps the response body of any client. The same bytes come out, at the same time. Reading
   * throws instead of ending where the answer lacks its protocol's proof, reports an error, or
   * breaks its framing.
   *
   * <p>The exception is unchecked on purpose: clients take an {@link java.io.IOException} for a
   * broken connection, and some of them try again. An IOException of {@code body} itself passes
   * unchanged. From the failing frame on, no byte of the same read comes out. So a client that
   * stops at {@code [DONE]} does not stop before the failure.
   *
   * @param dialect the protocol of the body
   * @return a stream that closes {@code body} when closed; its reads throw {@link
   *     IncompleteStreamException} or {@link ProviderException}
   */
  public static InputStream check(InputStream body, Dialect dialect) {
    Objects.requireNonNull(body, "body");
    Objects.requireNonNull(dialect, "dialect");
    return check(body, dialect, CompletionPolicy.STRICT);
  }

  /**
   * Like {@link #check(InputStream, Dialect)}, by the dialect's id.
   *
   * @throws IllegalArgumentException if there is no such dialect
   */
  public static InputStream check(InputStream body, String dialectId) {
    Objects.requireNonNull(body, "body");
    Objects.requireNonNull(dialectId, "dialectId");
    return check(body, Dialects.byId(dialectId));
  }

  /** Like {@link #check(InputStream, Dialect)}, for servers that never send their proof. */
  public static InputStream check(InputStream body, Dialect dialect, CompletionPolicy completion) {
    Objects.requireNonNull(body, "body");
    Objects.requireNonNull(dialect, "dialect");
    Objects.requireNonNull(completion, "completion");
    return new CheckedStream(body, dialect, completion, ObserverNotifier.none());
  }

  /**
   * Like {@link #check(InputStream, Dialect, CompletionPolicy)}, watched: the body counts as a
   * stream of one attempt. Closed before its end it counts as cancelled, so close it.
   */
  public static InputStream check(
      InputStream body, Dialect dialect, CompletionPolicy completion, StreamObserver observer) {
    Objects.requireNonNull(body, "body");
    Objects.requireNonNull(dialect, "dialect");
    Objects.requireNonNull(completion, "completion");
    Objects.requireNonNull(observer, "observer");
    var target = new StreamObserver.Target("", "", 0, dialect.id(), "");
    var observers = List.of(QueuedObserver.around(observer));
    var watching = ObserverNotifier.begin(observers, List.of(target), System.nanoTime());
    return new CheckedStream(body, dialect, completion, watching);
  }

  /** Gathers what a {@link Holdfast} needs: an upstream; everything else has a default. */
  public static final class Builder {
    /** An upstream after the first one. */
    private record Next(Upstream upstream, @Nullable String model) {}

    private @Nullable Upstream upstream;
    private final List<Next> failover = new ArrayList<>();
    private BreakerPolicy breaker = BreakerPolicy.DEFAULT;
    @Nullable StreamPolicy policy;
    private Profiles profiles = Profiles.DEFAULT;
    private @Nullable Transport transport;
    @Nullable Supplier<? extends TextSink> sink;
    int memoryLimit = SpillingSink.DEFAULT_LIMIT;
    Supplier<? extends RandomGenerator> random = SplittableRandom::new;
    TimeSource time = TimeSource.SYSTEM;
    final List<StreamObserver> observers = new ArrayList<>();
    private @Nullable Journal journal;
    private JournalPolicy journalPolicy = JournalPolicy.DEFAULT;

    private Builder() {}

    /** Streams from OpenAI. */
    public Builder openAi(String apiKey) {
      Objects.requireNonNull(apiKey, "apiKey");
      return upstream(Upstream.openAi(apiKey));
    }

    /** Streams from Anthropic. */
    public Builder anthropic(String apiKey) {
      Objects.requireNonNull(apiKey, "apiKey");
      return upstream(Upstream.anthropic(apiKey));
    }

    /** Streams from any endpoint. */
    public Builder upstream(Upstream upstream) {
      Objects.requireNonNull(upstream, "upstream");
      this.upstream = upstream;
      return this;
    }

    /**
     * Adds an upstream for when those before it fail, or are skipped after recent failures. It is
     * asked for the model of the request. May be called again, in order of preference.
     */
    public Builder failover(Upstream next) {
      Objects.requireNonNull(next, "next");
      failover.add(new Next(next, null));
      return this;
    }

    /** As {@link #failover(Upstream)}, where the model has another name, or is another one. */
    public Builder failover(Upstream next, String model) {
      Objects.requireNonNull(next, "next");
      Objects.requireNonNull(model, "model");
      Check.that(!model.isBlank(), "model", "must not be blank", "'" + model + "'");
      failover.add(new Next(next, model));
      return this;
    }

    /** Sets when an upstream is skipped for a while, each by itself. */
    public Builder breaker(BreakerPolicy breaker) {
      Objects.requireNonNull(breaker, "breaker");
      this.breaker = breaker;
      return this;
    }

    /**
     * Adds to what is known of providers: these rows come before the default ones, in the format of
     * {@link Profiles}.
     *
     * @throws IllegalArgumentException naming the line and the rule
     */
    public Builder profiles(String table) {
      Objects.requireNonNull(table, "table");
      profiles = profiles.after(Profiles.parse(table));
      return this;
    }

    /**
     * Sets clocks, retries, recovery, completion and limits. Otherwise they are the defaults,
     * except silence and proof: these come from the profile of the first upstream's provider.
     */
    public Builder policy(StreamPolicy policy) {
      Objects.requireNonNull(policy, "policy");
      this.policy = policy;
      return this;
    }

    /** Sends requests another way; the default is a {@link JdkTransport}. The caller closes it. */
    public Builder transport(Transport transport) {
      Objects.requireNonNull(transport, "transport");
      this.transport = transport;
      return this;
    }

    /** Makes the sink of each stream's text; the default is a {@link SpillingSink}. */
    public Builder sink(Supplier<? extends TextSink> sink) {
      Objects.requireNonNull(sink, "sink");
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

    /**
     * Adds an observer of every stream. A slow or throwing observer cannot hurt a stream; {@link
     * StreamObserver} has the rule.
     */
    public Builder observer(StreamObserver observer) {
      Objects.requireNonNull(observer, "observer");
      observers.add(QueuedObserver.around(observer));
      return this;
    }

    /** Stores every stream in a journal, by the default policy. See the other method. */
    public Builder journal(Journal journal) {
      return journal(journal, JournalPolicy.DEFAULT);
    }

    /**
     * Stores every stream in a journal, so that it outlives its reader, its connection and this
     * process. No event is handed out before the journal has stored it, and asking waits until the
     * stream is created there. Prompts are not stored. The caller closes the journal, after the
     * client.
     *
     * @param journal for example {@code EmbeddedJournal.at(directory).open()}
     */
    public Builder journal(Journal journal, JournalPolicy policy) {
      this.journal = Objects.requireNonNull(journal, "journal");
      journalPolicy = Objects.requireNonNull(policy, "policy");
      return this;
    }

    /** Replaces the source of jitter. For tests. */
    Builder random(Supplier<? extends RandomGenerator> random) {
      this.random = random;
      return this;
    }

    /** Replaces time. For tests. */
    Builder time(TimeSource time) {
      this.time = time;
      return this;
    }

    /**
     * {@return the client}
     *
     * @throws IllegalArgumentException if no upstream was named
     */
    public Holdfast build() {
      Upstream chosen = upstream;
      if (chosen == null) {
        throw new IllegalArgumentException("upstream: must be set, was null");
      }
      var routes = new ArrayList<UpstreamRoute>();
      routes.add(route(chosen, null));
      for (var next : failover) {
        routes.add(route(next.upstream(), next.model()));
      }
      return new Holdfast(this, List.copyOf(routes));
    }

    private UpstreamRoute route(Upstream to, @Nullable String model) {
      return new UpstreamRoute(to, model, profiles, new SharedUpstreamState(breaker, random.get()));
    }
  }
}
