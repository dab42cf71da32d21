package dev.holdfast.observe.debug.rules;

import dev.holdfast.observe.debug.facts.Facts;
import dev.holdfast.observe.debug.wire.BodyFraming;
import dev.holdfast.observe.debug.wire.ConnectTrouble;
import dev.holdfast.observe.debug.wire.Preview;
import dev.holdfast.observe.debug.wire.WireEnd;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Why no response came. */
final class ConnectionRules {
  static final List<DiagnosisRule> ALL =
      List.of(
          ConnectionRules::http2Only,
          ConnectionRules::noConnection,
          ConnectionRules::notHttp,
          ConnectionRules::closedUnanswered,
          ConnectionRules::unanswered);

  private ConnectionRules() {}

  /** By the alert of the handshake, by its first frame, or by the text of an HTTP/1 answer. */
  private static @Nullable Finding http2Only(Facts facts) {
    var exchange = facts.exchange();
    if (exchange.connectTrouble() == ConnectTrouble.HTTP2_ONLY) {
      return http2(facts).seen(exchange.detail());
    }
    if (exchange.head() == null) {
      return exchange.end() == WireEnd.NOT_HTTP && exchange.detail().contains("HTTP/2")
          ? http2(facts).seen(exchange.detail())
          : null;
    }
    String body = exchange.bodyStart().toLowerCase(Locale.ROOT);
    // Node's http2 server sends the first with status 403, Netty's the second, gRPC's the third.
    boolean announced =
        exchange.status() == 505
            || (exchange.status() == 426
                && exchange.header("upgrade").toLowerCase(Locale.ROOT).contains("h2"))
            || (exchange.status() >= 400
                && (body.contains("unknown alpn protocol")
                    || body.contains("unexpected http/1.x request")
                    || body.contains("http/2 client preface")));
    return announced
        ? http2(facts)
            .seen(
                "HTTP " + exchange.status(),
                Words.header(exchange, "upgrade"),
                body.isBlank() ? "" : "its words: " + Preview.of(exchange.bodyStart().strip()))
        : null;
  }

  private static Finding http2(Facts facts) {
    var target = facts.exchange().target();
    boolean secure = target == null || target.secure();
    return Finding.of(
            "http2-only",
            Culprit.REQUEST,
            "The server takes HTTP/2 only, and was asked in HTTP/1.1, as many clients would.")
        .change(
            "ask by a client that speaks HTTP/2, as Holdfast's does over TLS; clients of HTTP/1.1"
                + " alone fail there too",
            "or let the listener take both: Node: http2.createSecureServer({ allowHTTP1: true });"
                + " Envoy: codec_type: AUTO; HAProxy: alpn h2,http/1.1",
            "a gRPC port takes no JSON: use the provider's REST address",
            "see the stream by way of curl: curl -sN -i "
                + (secure ? "--http2" : "--http2-prior-knowledge")
                + " ... | holdfast debug -");
  }

  private static @Nullable Finding noConnection(Facts facts) {
    var exchange = facts.exchange();
    if (exchange.end() != WireEnd.NO_CONNECTION) {
      return null;
    }
    var target = exchange.target();
    String host = target == null ? "HOST" : target.host();
    String place = target == null ? "HOST:PORT" : host + ":" + target.port();
    var finding =
        switch (exchange.connectTrouble()) {
          case UNRESOLVED ->
              Finding.of("name-unresolved", Culprit.REQUEST, "The host name does not resolve.")
                  .change(
                      "check the spelling of " + host,
                      "ask the resolver of this very machine: getent hosts " + host,
                      "in a container: its DNS settings, and whether the name is internal");
          case REFUSED ->
              Finding.of("refused", Culprit.REQUEST, "No server listens at that address and port.")
                  .change(
                      "check that the server runs and listens there: ss -ltn",
                      "from inside a container, localhost is the container itself:"
                          + " use host.docker.internal or the service's name",
                      "a server bound to 127.0.0.1 only is not reachable from elsewhere: bind"
                          + " 0.0.0.0, behind a key");
          case UNREACHABLE ->
              Finding.of("unreachable", Culprit.NETWORK, "No route leads to the host.")
                  .change("check VPN, routes and firewall: ip route get " + host);
          case TIMEOUT ->
              Finding.of("connect-timeout", Culprit.NETWORK, "The connection got no answer.")
                  .change(
                      "a firewall that drops packets shows like this: open " + place,
                      "behind a company's proxy only HTTPS_PROXY leads out; the debugger connects"
                          + " directly, so debug from a host that may");
          case CERTIFICATE ->
              Finding.of("certificate", Culprit.NETWORK, "The certificate is not trusted.")
                  .change(
                      "see its issuer: openssl s_client -connect "
                          + place
                          + " -servername "
                          + host
                          + " </dev/null",
                      "a private authority: JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=FILE",
                      "a company's inspecting proxy signs with its own authority: trust that, or"
                          + " exempt the host");
          case NOT_TLS ->
              Finding.of("not-tls", Culprit.REQUEST, "The port does not speak TLS.")
                  .change("use http:// for this port, or the port that speaks https");
          case HANDSHAKE ->
              Finding.of("tls-failed", Culprit.NETWORK, "The TLS handshake failed.")
                  .change(
                      "see what the server offers: openssl s_client -connect "
                          + place
                          + " -servername "
                          + host
                          + " </dev/null");
          case HTTP2_ONLY -> http2(facts);
          case NONE -> Finding.of("no-connection", Culprit.NETWORK, "No connection came about.");
        };
    return finding.seen(exchange.detail());
  }

  private static @Nullable Finding notHttp(Facts facts) {
    var exchange = facts.exchange();
    if (exchange.end() != WireEnd.NOT_HTTP || exchange.head() != null) {
      return null;
    }
    return Finding.of("not-http", Culprit.REQUEST, "What answers there does not speak HTTP/1.")
        .seen(exchange.detail())
        .change(
            exchange.detail().contains("TLS") ? "use https:// for this port" : "",
            "check the port: databases, gRPC servers and proxies have ports of their own");
  }

  private static @Nullable Finding closedUnanswered(Facts facts) {
    var exchange = facts.exchange();
    boolean closed =
        exchange.end() == WireEnd.EARLY_FIN
            || exchange.end() == WireEnd.RESET
            || exchange.end() == WireEnd.FRAMED
            || exchange.end() == WireEnd.UNKNOWN;
    if (exchange.head() != null || !closed || exchange.framing() == BodyFraming.REMOVED) {
      return null;
    }
    String how = exchange.end() == WireEnd.RESET ? "reset (RST)" : "closed (FIN)";
    long waited = facts.pace().sinceRequest();
    var limits = ProxyLimit.of(ProxyLimit.Kind.SILENCE, facts.pace().silenceAtEnd(), exchange);
    if (facts.pace().known() && !limits.isEmpty()) {
      return EndingRules.idleLimit(facts, limits);
    }
    return Finding.of(
            "closed-unanswered",
            Culprit.PROVIDER,
            "The connection was " + how + " before a response came.")
        .seen(facts.pace().known() ? "after " + Words.time(waited) : "")
        .change(
            "look at the server's log at this moment: a crash, a restart, or a worker killed for"
                + " memory shows like this",
            exchange.target() != null && !exchange.target().secure()
                ? "if the port speaks https, use https://"
                : "if the server wants a client certificate or another host name, it closes so");
  }

  private static @Nullable Finding unanswered(Facts facts) {
    var exchange = facts.exchange();
    if (exchange.head() != null || exchange.framing() == BodyFraming.REMOVED) {
      return null;
    }
    if (exchange.end() == WireEnd.CANCELLED) {
      return EndingRules.cancelled(facts);
    }
    return Finding.of(
            "unanswered",
            Culprit.PROVIDER,
            "The connection is up, but no response came within the clock.")
        .seen(exchange.detail(), "waited " + Words.time(facts.pace().sinceRequest()))
        .change(
            "a queue or a cold start: wait longer (--first-token SECONDS), or ask a smaller model",
            "a server that sends its head only with the first token: let it send the head at once",
            "raise your client's timeout for the head above this time");
  }
}
