package dev.holdfast.testkit.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.testkit.server.SelfSigned;
import dev.holdfast.testkit.transport.ReceivedExchange;
import dev.holdfast.testkit.transport.WireServer;
import java.net.ProxySelector;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/** A transport that is tested by {@link TransportContract}. */
public interface TransportUnderTest {
  /** {@return a new transport that trusts what a context trusts, and verifies host names} */
  Transport open(SSLContext tls) throws Exception;

  /**
   * {@return a new transport that sends through HTTP proxies; empty if it cannot, and then is not
   * tested with them}
   */
  default Optional<Transport> open(SSLContext tls, ProxySelector proxies) throws Exception {
    return Optional.empty();
  }

  /** {@return whether it uses HTTP/2 where a server with TLS offers it} */
  default boolean speaksHttp2() {
    return true;
  }

  /** {@return the most bytes that it lets a server send to an absent reader} */
  default long mostAhead() {
    return 24L << 20; // The system's buffers at both ends, and a window of 16 MiB.
  }

  /** A body that uses an open transport and a server. */
  interface Body {
    /** Opens exchanges. */
    void run(Transport transport, WireServer server) throws Exception;
  }

  /** Runs a body with a server without TLS. */
  default void with(WireServer.Script script, Body body) throws Exception {
    try (var server = WireServer.plain(script);
        var transport = open(SelfSigned.trusting(List.of()))) {
      body.run(transport, server);
    }
  }

  /**
   * Runs a body with a server that the transport trusts.
   *
   * @param protocols what it offers by ALPN
   */
  default void withTls(List<String> protocols, WireServer.Script script, Body body)
      throws Exception {
    var certificate = SelfSigned.of("localhost");
    try (var server = WireServer.tls(certificate, protocols, script);
        var transport = open(SelfSigned.trusting(List.of(certificate)))) {
      body.run(transport, server);
    }
  }

  /** {@return a request by POST, as providers receive them} */
  static Transport.Request request(URI uri, String body) {
    return new Transport.Request(
        uri,
        Map.of("Content-Type", List.of("application/json"), "Accept-Encoding", List.of("identity")),
        body,
        Duration.ZERO);
  }

  /** {@return a request without a body} */
  static Transport.Request request(ProviderRequest.Method method, URI uri) {
    return new Transport.Request(method, uri, Map.of(), "", Duration.ZERO);
  }

  /** {@return the record of an exchange that was opened with so much demand} */
  static ReceivedExchange exchange(Transport transport, Transport.Request request, long demand) {
    var received = new ReceivedExchange();
    var opened = transport.open(request, received);
    if (demand > 0) {
      opened.demand(demand);
    }
    return received;
  }

  /** {@return the record of an exchange that takes everything} */
  static ReceivedExchange exchange(Transport transport, WireServer server) {
    return exchange(transport, request(server.uri(), "{}"), Long.MAX_VALUE);
  }

  /** Checks that an exchange ends without a response, and in which way. */
  static void neverStarts(ReceivedExchange received, boolean retryable) throws Exception {
    String call = received.next();
    assertEquals(Cause.CONNECTION_FAILED, received.failure().cause(), call);
    assertEquals(retryable, received.failure().isRetryable(), call);
  }

  /** Checks that an exchange ends within its body, and in which way. */
  static void isLost(ReceivedExchange received, String call) {
    assertEquals(Cause.CONNECTION_LOST, received.failure().cause(), call);
    assertEquals(true, received.failure().isRetryable(), call);
  }
}
