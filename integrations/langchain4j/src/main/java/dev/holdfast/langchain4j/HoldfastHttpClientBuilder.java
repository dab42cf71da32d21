package dev.holdfast.langchain4j;

import dev.holdfast.client.JdkTransport;
import dev.holdfast.client.relay.RelayExchange;
import dev.holdfast.client.relay.StreamRelay;
import dev.holdfast.client.relay.TransportExchange;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.spi.Transport;
import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpClientBuilder;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Builds HTTP clients whose streams are whole, for every model of LangChain4j that takes an {@link
 * HttpClientBuilder}. LangChain4j does not retry streams, so Holdfast does, from the first request
 * on. Requests that are no streams go to LangChain4j's own client, untouched. Not thread-safe.
 *
 * <p>The timeouts hold: {@link #connectTimeout} for TCP and TLS, {@link #readTimeout} for the
 * response head and for any silence after it. A model sets both from its {@code timeout}; where it
 * has none, they are those of the policy. LangChain4j's default of 60 s, which some models set
 * unasked, holds for the head alone, as with LangChain4j's own client: a silent minute is normal.
 */
public final class HoldfastHttpClientBuilder implements HttpClientBuilder {
  /** What LangChain4j's models set where the caller set nothing. */
  private static final Duration UNASKED = Duration.ofSeconds(60);

  /** The connections of all clients without a transport of their own. */
  private static final class Shared {
    static final Transport TRANSPORT = new JdkTransport();
  }

  private final @Nullable HttpClientBuilder other;
  private @Nullable Transport transport;
  private StreamPolicy policy = StreamPolicy.DEFAULT;
  private Consumer<StreamRelay.Builder> settings = relay -> {};
  private @Nullable Duration connectTimeout;
  private @Nullable Duration readTimeout;

  private HoldfastHttpClientBuilder(@Nullable HttpClientBuilder other) {
    Versions.check();
    this.other = other;
  }

  /** {@return a builder with the defaults; streams go over the JDK's HTTP client} */
  public static HoldfastHttpClientBuilder create() {
    return new HoldfastHttpClientBuilder(null);
  }

  /**
   * {@return a builder whose clients send everything over another one's}
   *
   * <p>Cancelling wakes the reader at once. How soon the connection closes is that client's
   * decision: at once over the JDK's, once a response head has come.
   *
   * @param other its client must hand the body to the parser as it arrives
   */
  public static HoldfastHttpClientBuilder over(HttpClientBuilder other) {
    return new HoldfastHttpClientBuilder(Objects.requireNonNull(other, "other"));
  }

  /** Sets clocks, retries and recovery; timeouts that are set here take the place of its clocks. */
  public HoldfastHttpClientBuilder policy(StreamPolicy policy) {
    this.policy = Objects.requireNonNull(policy, "policy");
    return this;
  }

  /** Sets more of the relay, such as its profiles. The policy is set afterwards. */
  public HoldfastHttpClientBuilder configure(Consumer<StreamRelay.Builder> settings) {
    this.settings = this.settings.andThen(Objects.requireNonNull(settings, "settings"));
    return this;
  }

  /**
   * Sends streams over a transport of the caller's, for example one with a proxy. The caller closes
   * it.
   *
   * @throws IllegalStateException if this builder is over another one
   */
  public HoldfastHttpClientBuilder transport(Transport transport) {
    if (other != null) {
      throw new IllegalStateException("transport: must not be set over another client, was set");
    }
    this.transport = Objects.requireNonNull(transport, "transport");
    return this;
  }

  @Override
  public Duration connectTimeout() {
    return connectTimeout == null ? policy.timeouts().connect() : connectTimeout;
  }

  @Override
  public HoldfastHttpClientBuilder connectTimeout(Duration timeout) {
    connectTimeout = timeout;
    return this;
  }

  @Override
  public Duration readTimeout() {
    return readTimeout == null ? policy.timeouts().idle() : readTimeout;
  }

  @Override
  public HoldfastHttpClientBuilder readTimeout(Duration timeout) {
    readTimeout = timeout;
    return this;
  }

  /**
   * {@return the client}
   *
   * @throws IllegalArgumentException if a timeout is negative
   */
  @Override
  public HttpClient build() {
    var logger = System.getLogger("dev.holdfast.langchain4j");
    var relay =
        StreamRelay.builder()
            .warnings(sentence -> logger.log(System.Logger.Level.WARNING, sentence));
    settings.accept(relay);
    var clocks = policy.timeouts().withConnect(connectTimeout());
    relay.policy(
        policy.withTimeouts(
            readTimeout().equals(UNASKED) ? clocks : clocks.withIdle(readTimeout())));
    Supplier<HttpClient> plain = plain();
    if (other != null) {
      var client = plain.get();
      return new HoldfastHttpClient(() -> client, relay.build(), DelegateExchange.sender(client));
    }
    RelayExchange.Sender sender =
        TransportExchange.sender(transport == null ? Shared.TRANSPORT : transport, readTimeout());
    return new HoldfastHttpClient(plain, relay.build(), sender);
  }

  /** {@return what makes the client for requests that are no streams} */
  private Supplier<HttpClient> plain() {
    var builder = other;
    Duration connect = connectTimeout();
    Duration read = readTimeout();
    return () -> {
      var client = builder == null ? Versions.jdkClient() : builder;
      if (connect.isPositive()) {
        client = client.connectTimeout(connect);
      }
      if (read.isPositive()) {
        client = client.readTimeout(read);
      }
      return client.build();
    };
  }
}
