package dev.holdfast.gateway.server;

import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.Outcome;
import dev.holdfast.gateway.message.ClientExchange;
import dev.holdfast.gateway.message.ForwardedHeaders;
import dev.holdfast.gateway.message.Refusal;
import dev.holdfast.gateway.message.RequestFacts;
import dev.holdfast.gateway.route.ClientProtocol;
import dev.holdfast.gateway.route.RequestPath;
import dev.holdfast.gateway.route.Router;
import dev.holdfast.gateway.route.UpstreamAddress;
import dev.holdfast.gateway.stream.StreamRequest;
import dev.holdfast.gateway.stream.StreamSession;
import dev.holdfast.gateway.upstream.SharedUpstream;
import dev.holdfast.gateway.upstream.UpstreamRequest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Decides about one request: refused, answered, relayed, or run under the machine. */
final class Reception {
  /** Past so many pieces a body is copied into one. */
  private static final int MAX_PIECES = 1024;

  private final ServerContext server;
  private final ClientConnection client;
  private final ExchangeRecord record;

  Reception(ServerContext server, ClientConnection client, ExchangeRecord record) {
    this.server = server;
    this.client = client;
    this.record = record;
  }

  /** {@return what serves the request; null if it was answered} */
  @Nullable ClientExchange exchange(HttpRequest request) {
    if (request.decoderResult().isFailure()) {
      return close(unreadable(request.decoderResult().cause()));
    }
    String framing = StrictRequestDecoder.complaint(request);
    if (framing != null) {
      return close(Refusal.of(400, "bad-framing", framing));
    }
    Map<String, List<String>> headers = ForwardedHeaders.map(request.headers());
    String complaint = server.hosts().complaint(request.uri(), headers);
    if (complaint != null) {
      int status = complaint.startsWith("host") ? 421 : complaint.startsWith("target") ? 400 : 403;
      return close(Refusal.of(status, "foreign-request", complaint));
    }
    RequestPath path;
    try {
      path = RequestPath.of(request.uri());
    } catch (IllegalArgumentException e) {
      return close(Refusal.of(400, "bad-path", String.valueOf(e.getMessage())));
    }
    ClientProtocol front = Router.front(path, headers);
    client.front(front);
    record.asked(request.method().name(), path.path(), front);
    record.by(
        first(headers, "x-claude-code-session-id", "session-id", "session_id", "x-session-id"),
        first(headers, "x-claude-code-agent-id"));
    return admitted(request, path, front);
  }

  private @Nullable ClientExchange admitted(
      HttpRequest request, RequestPath path, ClientProtocol front) {
    HttpMethod method = request.method();
    if (method.equals(HttpMethod.CONNECT) || method.equals(HttpMethod.TRACE)) {
      return close(Refusal.of(405, "method", "method: must be one that a provider has"));
    }
    if (request.headers().containsValue("upgrade", "websocket", true)) {
      var more = new DefaultHttpHeaders();
      more.set(HttpHeaderNames.UPGRADE, "HTTP/1.1").set(HttpHeaderNames.CONNECTION, "Upgrade");
      return refuse(
          Refusal.of(426, "no-websocket", "upgrade: must not be websocket, use POST over HTTP/1.1"),
          more);
    }
    if (method.equals(HttpMethod.HEAD) && path.path().equals("/api/hello")) {
      record.status(200);
      client.answer(200);
      record.finish(Outcome.RELAYED, "", now());
      return null;
    }
    long limit = server.streams().config().limits().bodyBytes();
    long length = HttpUtil.getContentLength(request, -1L);
    if (length > limit) {
      return close(tooLarge("was " + length + " bytes"));
    }
    UpstreamConfig upstream = server.router().upstream(front);
    if (upstream == null) {
      return close(
          Refusal.of(
              404, "no-upstream", "path: must be one of a configured upstream, was another one"));
    }
    if (server.draining().getAsBoolean()) {
      return close(
          Refusal.later(503, "shutting-down", "gateway: must take requests, was shutting down"));
    }
    if (HttpUtil.is100ContinueExpected(request)) {
      client.proceed();
    }
    if (front.dialect() != null && method.equals(HttpMethod.POST)) {
      return new StreamIntake(
          Unpooled.compositeBuffer(MAX_PIECES),
          limit,
          new Gathered(request, path, front, upstream));
    }
    var relay = new PlainRelay(client, record, server.streams().clock(), method, limit);
    boolean chunked = HttpUtil.isTransferEncodingChunked(request);
    relay.begin(
        server.streams().dialer(),
        upstream,
        new UpstreamRequest(
            method,
            UpstreamAddress.of(upstream, front, path),
            ForwardedHeaders.upstream(request.headers()),
            null,
            chunked ? UpstreamRequest.CHUNKED : length >= 0 ? length : UpstreamRequest.NONE));
    return relay;
  }

  /** What becomes of a body that may ask for a stream. */
  private final class Gathered implements StreamIntake.Next {
    private final HttpMethod method;
    private final HttpHeaders headers;
    private final RequestPath path;
    private final ClientProtocol front;
    private final UpstreamConfig upstream;

    Gathered(HttpRequest request, RequestPath path, ClientProtocol front, UpstreamConfig upstream) {
      this.method = request.method();
      this.headers = request.headers().copy();
      this.path = path;
      this.front = front;
      this.upstream = upstream;
    }

    @Override
    public void whole(ByteBuf body) {
      byte[] bytes = ByteBufUtil.getBytes(body);
      RequestFacts facts = RequestFacts.of(StreamIntake.stream(body), byDefault(front));
      SharedUpstream shared = Objects.requireNonNull(server.upstreams().get(upstream));
      boolean streams = facts != null && facts.stream();
      StreamRequest request =
          facts == null || !streams
              ? null
              : StreamRequest.of(
                  shared, front, path, headers, bytes, facts, server.streams().config().policy());
      if (request == null) {
        relay(bytes);
        return;
      }
      var session = new StreamSession(server.streams(), request, client, record);
      client.serve(session);
      session.begin();
    }

    private void relay(byte[] body) {
      var relay = new PlainRelay(client, record, server.streams().clock(), method, Long.MAX_VALUE);
      client.serve(relay);
      relay.begin(
          server.streams().dialer(),
          upstream,
          UpstreamRequest.whole(
              method,
              UpstreamAddress.of(upstream, front, path),
              ForwardedHeaders.upstream(headers),
              body));
    }

    @Override
    public void tooLong() {
      close(tooLarge("was longer than that"));
    }

    @Override
    public void given(boolean clientGone) {
      if (clientGone) {
        record.finish(Outcome.CLIENT_GONE, "cancelled", now());
      } else {
        close(
            Refusal.later(503, "shutting-down", "gateway: must take requests, was shutting down"));
      }
    }
  }

  /** Gemini's path makes it a stream, and Ollama's chat streams unless the body declines. */
  private static boolean byDefault(ClientProtocol front) {
    return front == ClientProtocol.GEMINI || front == ClientProtocol.OLLAMA_CHAT;
  }

  private Refusal tooLarge(String was) {
    return Refusal.of(
        413,
        "body-too-large",
        "body: must be at most "
            + server.streams().config().limits().bodyBytes()
            + " bytes for this gateway, "
            + was);
  }

  private static Refusal unreadable(Throwable cause) {
    return switch (cause) {
      case TooLongHttpLineException line ->
          Refusal.of(414, "head-too-large", "request line: must be shorter");
      case TooLongHttpHeaderException head ->
          Refusal.of(431, "head-too-large", "request head: must be shorter");
      default -> Refusal.of(400, "bad-request", "request: must be one of RFC 9112");
    };
  }

  private @Nullable ClientExchange close(Refusal refusal) {
    record.status(refusal.status());
    client.refuseAndClose(refusal);
    record.finish(Outcome.REJECTED, refusal.code(), now());
    return null;
  }

  private @Nullable ClientExchange refuse(Refusal refusal, HttpHeaders more) {
    record.status(refusal.status());
    client.refuse(refusal, more);
    record.finish(Outcome.REJECTED, refusal.code(), now());
    return null;
  }

  private long now() {
    return server.streams().clock().getAsLong();
  }

  private static String first(Map<String, List<String>> headers, String... names) {
    for (String name : names) {
      var values = headers.get(name);
      if (values != null && !values.isEmpty()) {
        return values.getFirst();
      }
    }
    return "";
  }
}
