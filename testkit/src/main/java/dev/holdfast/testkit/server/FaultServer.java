package dev.holdfast.testkit.server;

import dev.holdfast.core.dialect.KeptAddress;
import dev.holdfast.core.guard.AllowedHosts;
import dev.holdfast.core.stream.Check;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.EverydayAnswers;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.scenario.Scenario;
import dev.holdfast.testkit.scenario.ScenarioRule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 server that plays a model provider and breaks its replies on purpose, streaming and
 * not. It serves {@code POST /v1/chat/completions}, {@code /v1/responses}, {@code /v1/messages},
 * {@code /v1beta/models/{model}:streamGenerateContent} and {@code :generateContent}, and {@code
 * /api/chat}, each also below any other path. Thread-safe. Binds to loopback by default.
 *
 * <p>Requests are numbered within their stream, since the script gives each attempt its faults. A
 * stream is named by the header {@code X-Holdfast-Stream}; without it, all requests of a protocol
 * whose first user message is the same are one stream.
 *
 * <p>{@code X-Holdfast-Fault} replaces the script for one request and {@code
 * X-Holdfast-Continuation} the model's behaviour; both as {@link Fault#parseAll} and {@link
 * Continuation#parse} read them. A client that ends its side of a connection counts as gone.
 */
public final class FaultServer implements AutoCloseable {
  /** Thousands of clients may come at once; the system has a bound of its own. */
  private static final int BACKLOG = 16_384;

  private static final long RETRY_ACCEPT_NANOS = 10_000_000;

  /** How long a server may see the end of an exchange after its client. */
  private static final Duration LATE = Duration.ofSeconds(2);

  /** Longest wait for the accepting thread to release the port; it needs only to be scheduled. */
  private static final Duration LET_GO = Duration.ofMinutes(1);

  private final InetSocketAddress address;
  private final ExchangeHandler desk;
  private final ServerTime time;
  private final @Nullable TlsFront tls;
  private final Set<FaultConnection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicInteger accepted = new AtomicInteger();
  private final Thread acceptor;
  private volatile ServerSocket socket;
  private volatile boolean closed;

  /** Number of requested outages, and when the last of them is over. */
  private final AtomicInteger outages = new AtomicInteger();

  private volatile long refusesUntilNanos;

  /** The outage for which the accepting thread has released the port, and the one that is over. */
  private volatile int noticed;

  private int over;

  private FaultServer(
      ServerSocket socket, ExchangeHandler desk, ServerTime time, @Nullable TlsFront tls) {
    this.socket = socket;
    this.address = (InetSocketAddress) socket.getLocalSocketAddress();
    this.desk = desk;
    this.time = time;
    this.tls = tls;
    // Not virtual: a virtual thread could be starved and connections would time out.
    this.acceptor = Thread.ofPlatform().name("holdfast-faults").daemon().unstarted(this::acceptAll);
  }

  /** {@return a builder of a healthy server on a free port of loopback} */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * {@return where clients of OpenAI's and Anthropic's protocols point to, for example {@code
   * http://127.0.0.1:41234/v1}}
   */
  public URI baseUrl() {
    return baseUrl(Protocol.OPENAI_CHAT);
  }

  /** {@return where clients of a protocol point to; its paths are relative to that} */
  public URI baseUrl(Protocol protocol) {
    return URI.create(origin() + (protocol.root().isEmpty() ? "" : "/" + protocol.root()));
  }

  /**
   * {@return scheme, host and port, for example {@code http://127.0.0.1:41234}, which is the base
   * URL that the SDKs of Anthropic, Google and Ollama want}
   */
  public URI origin() {
    InetAddress bound = address.getAddress();
    String host = bound.isAnyLocalAddress() ? "127.0.0.1" : bound.getHostAddress();
    String scheme = tls == null ? "http://" : "https://";
    return URI.create(scheme + (host.contains(":") ? "[" + host + "]" : host) + ":" + port());
  }

  /** {@return the port} */
  public int port() {
    return address.getPort();
  }

  /** {@return how many connections were accepted so far} */
  public int connections() {
    return accepted.get();
  }

  /** {@return how many requests are being answered at this moment} */
  public int underWay() {
    return desk.underWay();
  }

  /**
   * {@return how many streams are being answered at this moment} A client may ask again before the
   * server notices its departure: those are two requests of one stream.
   */
  public int streamsUnderWay() {
    return desk.streamsUnderWay();
  }

  /**
   * {@return how many kept replies are being written at this moment} A reply is kept where its
   * request names it by {@code X-Conversation-Id}, as llama.cpp does, or is a Response in the
   * background. It is being written until a client has read its end or has stopped it.
   */
  public int generationsUnderWay() {
    return desk.generations();
  }

  /**
   * Waits until exactly so many kept replies are being written.
   *
   * @return whether that was so within the time
   */
  public boolean awaitGenerations(int count, Duration timeout) throws InterruptedException {
    return desk.awaitGenerations(count, timeout.toNanos());
  }

  /** Loses every kept reply, as a server does that is started anew. */
  public void forgetGenerations() {
    desk.forgetGenerations();
  }

  /**
   * {@return a context for clients that trust this server's certificates}
   *
   * @throws IllegalStateException if the server does not speak TLS
   */
  public SSLContext trusting() {
    if (tls == null) {
      throw new IllegalStateException("tls: must be switched on, was off");
    }
    return tls.trusting();
  }

  /**
   * Refuses connections for a while: the port is not listened to. Those that are open stay.
   *
   * @param length from now, by the server's clock; a call during an outage starts it anew
   */
  public void refuse(Duration length) {
    refusesUntilNanos = time.nowNanos() + length.toNanos();
    int outage = outages.incrementAndGet();
    closeListener();
    // It may be waiting for the end of a longer outage.
    LockSupport.unpark(acceptor);
    // The port is free once the accepting thread has let go of it.
    long patience = System.nanoTime() + LET_GO.toNanos();
    while (noticed < outage && !closed && System.nanoTime() < patience) {
      LockSupport.parkNanos(100_000);
    }
  }

  /**
   * {@return the last requests, in order of arrival, as they are now} Up to 10,000, or fewer if
   * their bodies are large.
   */
  public ReceivedRequests received() {
    return new ReceivedRequests(desk.received(), this::ended);
  }

  private List<ReceivedRequest> ended() {
    try {
      desk.awaitEnded(desk.received().size(), LATE.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return desk.received();
  }

  /**
   * Moves the clock of a server with {@link Builder#virtualTime}: everything due by then is sent,
   * and an outage that was over by then ends.
   *
   * @throws IllegalStateException if the server has the machine's clock
   */
  public void advance(Duration by) {
    time.advance(by);
    connections.forEach(FaultConnection::wake);
    LockSupport.unpark(acceptor);
  }

  /**
   * Waits until at least so many requests have come, every exchange has ended, and the listener has
   * received each end.
   *
   * @return whether that was so within the time
   */
  public boolean awaitEnded(int requests, Duration timeout) throws InterruptedException {
    return desk.awaitEnded(requests, timeout.toNanos());
  }

  /** Closes the port, which is free then, and every connection, without waiting for those. */
  @Override
  public void close() {
    closed = true;
    closeListener();
    LockSupport.unpark(acceptor);
    try {
      // The port is free once the accepting thread has let go of it.
      acceptor.join(LET_GO);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    connections.forEach(FaultConnection::close);
  }

  private void closeListener() {
    try {
      socket.close();
    } catch (IOException e) {
      // It is closed then.
    }
  }

  private void acceptAll() {
    while (!closed) {
      try {
        if (outages.get() > over) {
          sitOut();
        } else {
          serve(socket.accept());
        }
      } catch (IOException e) {
        // Closed for an outage; or out of descriptors, or of the port: later we may have more luck.
        LockSupport.parkNanos(outages.get() > noticed ? 0 : RETRY_ACCEPT_NANOS);
      }
    }
  }

  /** Waits until the outage is over, and listens again. */
  private void sitOut() throws IOException {
    int outage = outages.get();
    noticed = outage;
    long left = refusesUntilNanos - time.nowNanos();
    if (left > 0) {
      if (time.isVirtual()) {
        LockSupport.park(); // {@code advance} wakes us.
      } else {
        LockSupport.parkNanos(left);
      }
      return;
    }
    ServerSocket again = listenAt(address);
    socket = again;
    over = outage;
    // A call for another outage may have closed the socket before this one.
    if (closed || outages.get() > outage) {
      again.close();
    }
  }

  private static ServerSocket listenAt(InetSocketAddress address) throws IOException {
    var socket = new ServerSocket();
    try {
      socket.setReuseAddress(true);
      socket.bind(address, BACKLOG);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private void serve(Socket client) {
    accepted.incrementAndGet();
    var connection = new FaultConnection(client, desk, time, tls, this::refuse);
    connections.add(connection);
    if (closed) {
      connection.close();
    }
    Thread.ofVirtual()
        .name("holdfast-faults-writer")
        .start(() -> {
          try {
            connection.run();
          } finally {
            connections.remove(connection);
          }
        });
  }

  /** Gathers what a server does. */
  public static final class Builder {
    private int port;
    private InetAddress address = InetAddress.getLoopbackAddress();
    private boolean remote;
    private boolean virtual;
    private Answer answer = EverydayAnswers.byPrompt(0).apply("");
    private @Nullable Function<String, Answer> answers;
    private Continuation continuation = new Continuation.Exact();
    private long seed;
    private Script script = Script.healthy();
    private List<ScenarioRule> rules = List.of();
    private Consumer<ReceivedRequest> listener = request -> {};
    private @Nullable Script tls;
    private KeptAddress keptAddress = KeptAddress.QUERY;

    private Builder() {}

    /** Sets the port; 0, the default, is any free one. */
    public Builder port(int port) {
      Check.that(port >= 0 && port <= 65535, "port", "must be 0 to 65535", port);
      this.port = port;
      return this;
    }

    /** Sets the address to bind to; one that is not loopback needs {@link #allowRemote} as well. */
    public Builder bind(InetAddress address) {
      this.address = address;
      return this;
    }

    /** Allows addresses other than loopback, and clients that call the server by any name. */
    public Builder allowRemote() {
      remote = true;
      return this;
    }

    /**
     * Gives the server a clock that moves only by {@link FaultServer#advance}. Pauses, paces,
     * phases and outages go by it; at the start no time has passed.
     */
    public Builder virtualTime() {
      virtual = true;
      return this;
    }

    /** Sets the seed of everything drawn. */
    public Builder seed(long seed) {
      this.seed = seed;
      return this;
    }

    /** Sets the answer of every stream. */
    public Builder answer(Answer answer) {
      this.answer = answer;
      return this;
    }

    /** Sets the answers of streams, by their first user message; must be pure and thread-safe. */
    public Builder answers(Function<String, Answer> answers) {
      this.answers = answers;
      return this;
    }

    /** Sets what the model does when asked to continue. */
    public Builder continuation(Continuation continuation) {
      this.continuation = continuation;
      return this;
    }

    /** Sets what goes wrong. */
    public Builder script(Script script) {
      this.script = script;
      return this;
    }

    /**
     * Speaks TLS, with a certificate made for the occasion; see {@link FaultServer#trusting}.
     *
     * @param connections what goes wrong with a handshake: asked with {@link Script#CONNECTIONS}
     *     and the number of the connection, from 1; only the TLS faults count
     */
    public Builder tls(Script connections) {
      tls = connections;
      return this;
    }

    /** Sets answer, behaviour, seed, faults and rules. */
    public Builder scenario(Scenario scenario) {
      answer = scenario.answer();
      answers = null;
      continuation = scenario.continuation();
      seed = scenario.seed();
      script = scenario.script();
      rules = scenario.rules();
      return this;
    }

    /**
     * Sets how kept streams are addressed: as llama.cpp does today, which is the default, or did.
     */
    public Builder keptAddress(KeptAddress address) {
      keptAddress = address;
      return this;
    }

    /**
     * Receives every exchange that ended, on the thread that served it; must not wait for others.
     */
    public Builder listener(Consumer<ReceivedRequest> listener) {
      this.listener = listener;
      return this;
    }

    /**
     * {@return a server that accepts connections}
     *
     * @throws IllegalArgumentException if the port is taken, the address is not this machine's, or
     *     it needs {@link #allowRemote}
     */
    public FaultServer start() {
      Check.that(
          remote || address.isLoopbackAddress(),
          "bind",
          "must be a loopback address unless remote clients are allowed",
          address.getHostAddress());
      Answer toAll = answer;
      Function<String, Answer> byPrompt = answers == null ? prompt -> toAll : answers;
      var time = virtual ? ServerTime.virtual() : ServerTime.ofTheMachine();
      var desk =
          new ExchangeHandler(
              byPrompt,
              new Scenario(toAll, continuation, seed, script, rules),
              time,
              // Proxies and tunnels in front of it have ports of their own.
              remote ? null : AllowedHosts.loopbackWithAnyPort(),
              keptAddress,
              listener);
      var front = tls == null ? null : new TlsFront(tls);
      var server = new FaultServer(listen(), desk, time, front);
      server.acceptor.start();
      return server;
    }

    private ServerSocket listen() {
      try {
        Check.that(
            address.isAnyLocalAddress() || NetworkInterface.getByInetAddress(address) != null,
            "bind",
            "must be an address of this machine",
            address.getHostAddress());
        return listenAt(new InetSocketAddress(address, port));
      } catch (BindException e) {
        throw new IllegalArgumentException("port: must be free, was " + port, e);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
