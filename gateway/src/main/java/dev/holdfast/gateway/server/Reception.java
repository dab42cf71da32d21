package dev.holdfast.gateway.server;

import static dev.holdfast.gateway.route.ClientProtocol.GEMINI;

import dev.holdfast.gateway.access.KeyRing;
import dev.holdfast.gateway.config.Identical;
import dev.holdfast.gateway.config.RelayClocks;
import dev.holdfast.gateway.durable.DurableFront;
import dev.holdfast.gateway.journal.Caller;
import dev.holdfast.gateway.journal.Frames;
import dev.holdfast.gateway.journal.StoredRequest;
import dev.holdfast.gateway.journal.StreamHeaders;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.Outcome;
import dev.holdfast.gateway.message.ClientExchange;
import dev.holdfast.gateway.message.Credentials;
import dev.holdfast.gateway.message.ForwardedHeaders;
import dev.holdfast.gateway.message.Refusal;
import dev.holdfast.gateway.message.RequestFacts;
import dev.holdfast.gateway.route.ClientProtocol;
import dev.holdfast.gateway.route.RequestPath;
import dev.holdfast.gateway.route.Router;
import dev.holdfast.gateway.route.UpstreamAddress;
import dev.holdfast.gateway.stream.JournaledStreams;
import dev.holdfast.gateway.stream.RequestIdentity;
import dev.holdfast.gateway.stream.StreamRequest;
import dev.holdfast.gateway.stream.StreamSharing;
import dev.holdfast.gateway.ui.UiPath;
import dev.holdfast.gateway.upstream.Destination;
import dev.holdfast.netty.upstream.UpstreamRequest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Decides about one request: refused, answered, relayed, or run under the machine. */
final class Reception {
  /** Past so many pieces a body is copied into one. */
  private static final int MAX_PIECES = 1024;

  private final ServerContext server;
  private final Client client;
  private final ExchangeRecord record;

  Reception(ServerContext server, Client client, ExchangeRecord record) {
    this.server = server;
    this.client = client;
    this.record = record;
  }

  /** {@return what serves the request; null if it was answered} */
  @Nullable ClientExchange exchange(HttpRequest request) {
    if (request.decoderResult().cause() instanceof PrematureChannelClosureException) {
      record.finish(Outcome.CLIENT_GONE, "cancelled", now()); // It has left within its head.
      return null;
    }
    if (request.decoderResult().isFailure()) {
      return early(request, unreadable(request.decoderResult().cause()));
    }
    String framing = StrictRequestDecoder.complaint(request);
    if (framing != null) {
      return early(request, Refusal.of(400, "bad-framing", framing));
    }
    HttpVersion version = request.protocolVersion();
    if (!version.equals(HttpVersion.HTTP_1_1) && !version.equals(HttpVersion.HTTP_1_0)) {
      return early(
          request, Refusal.of(505, "bad-version", "version: must be HTTP/1.1 or HTTP/1.0"));
    }
    Map<String, List<String>> headers = ForwardedHeaders.map(request.headers());
    String complaint = server.hosts().complaint(request.uri(), headers);
    if (complaint != null && !isPreflight(request, complaint)) {
      return early(request, foreign(headers, complaint));
    }
    RequestPath path;
    try {
      path = RequestPath.of(request.uri());
    } catch (IllegalArgumentException e) {
      return early(request, Refusal.of(400, "bad-path", String.valueOf(e.getMessage())));
    }
    ClientProtocol front = Router.front(path, headers);
    client.front(front);
    record.asked(request.method().name(), path.path(), front);
    if (server.durable() != null && DurableFront.serves(path)) {
      return durable(request, path, complaint == null);
    }
    if (complaint != null) {
      return close(Refusal.of(403, "foreign-request", complaint));
    }
    record.by(
        first(headers, "x-claude-code-session-id", "session-id", "session_id", "x-session-id"),
        first(headers, "x-claude-code-agent-id"));
    return admitted(request, path, front);
  }

  private static Refusal foreign(Map<String, List<String>> headers, String complaint) {
    if (headers.getOrDefault("host", List.of()).size() != 1) {
      return Refusal.of(400, "bad-host", complaint); // RFC 9112, section 3.2.
    }
    int status = complaint.startsWith("host") ? 421 : complaint.startsWith("target") ? 400 : 403;
    return Refusal.of(status, "foreign-request", complaint);
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
      record.finish(Outcome.RELAYED, "", now());
      client.answer(200);
      return null;
    }
    Setup setup = server.setup().get();
    long limit = setup.config().limits().bodyBytes();
    long length = HttpUtil.getContentLength(request, -1L);
    if (length > limit) {
      return close(Refusals.tooLarge(limit, "was " + length + " bytes"));
    }
    KeyRing.Found found = null;
    if (!setup.keys().isEmpty()) {
      var presented = Credentials.presented(request.headers(), path.query());
      found = setup.keys().find(presented);
      if (found == null) {
        var more = new DefaultHttpHeaders().set("www-authenticate", "Bearer");
        return refuse(Refusals.noKey(presented.isEmpty()), more);
      }
      record.key(found.tenant().name());
    }
    if (server.draining().getAsBoolean()) {
      return close(Refusals.shuttingDown());
    }
    var headers = request.headers().copy();
    boolean reads = method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD);
    byte[] module = reads ? BrowserModule.bytes(path) : null;
    if (module != null) {
      record.status(200);
      record.finish(Outcome.RELAYED, "", now());
      client.answer(200, BrowserModule.headers(path), module);
      return null;
    }
    var kept = server.streams().kept();
    if (kept != null && StreamsEndpoint.serves(path)) {
      proceed(request);
      return new StreamsEndpoint(server, client, record, kept)
          .exchange(method, path, headers, caller(found, headers, path));
    }
    var ui = setup.config().ui();
    if (ui != null && kept != null && UiPath.serves(ui, path)) {
      proceed(request);
      var caller = caller(found, headers, path);
      var key = found;
      return new UiEndpoint(
              server, client, record, kept, setup, ui, limit, caller, turn -> send(turn, key))
          .exchange(method, path, headers);
    }
    var dispatch = new Dispatch(server, setup, record, method, headers, path, front, found);
    return dispatch.needsBody()
        ? gather(request, dispatch, headers, path, front, limit)
        : relay(request, dispatch, front, limit);
  }

  /** What a page of a foreign origin may ask about streams: the answer lets it read nothing. */
  private boolean isPreflight(HttpRequest request, String complaint) {
    boolean byOrigin = complaint.startsWith("origin") || complaint.startsWith("sec-fetch-site");
    return server.durable() != null && byOrigin && request.method().equals(HttpMethod.OPTIONS);
  }

  private @Nullable ClientExchange durable(HttpRequest request, RequestPath path, boolean own) {
    var front = server.durable();
    Setup setup = server.setup().get();
    String namespace = "";
    boolean open =
        request.method().equals(HttpMethod.OPTIONS) || DurableFront.isOpen(request.method(), path);
    if (!setup.keys().isEmpty() && !open) {
      var presented = Credentials.presented(request.headers(), path.query());
      var found = setup.keys().find(presented);
      if (found == null) {
        var more = new DefaultHttpHeaders().set("www-authenticate", "Bearer");
        return refuse(Refusals.noKey(presented.isEmpty()), more);
      }
      namespace = found.tenant().name();
      record.key(namespace);
    }
    if (front == null || server.draining().getAsBoolean()) {
      return close(Refusals.shuttingDown());
    }
    long limit = DurableFront.maxBody(request.method(), path, setup.config().limits().bodyBytes());
    long length = HttpUtil.getContentLength(request, -1L);
    if (length > limit) {
      return close(Refusals.tooLarge(limit, "was " + length + " bytes"));
    }
    proceed(request);
    String host = request.headers().get(HttpHeaderNames.HOST, "");
    return front.exchange(
        new DurableFront.Request(
            request.method(),
            request.headers().copy(),
            path,
            namespace,
            own ? request.headers().get(HttpHeaderNames.ORIGIN) : null,
            (client.isTls() ? "https://" : "http://") + host,
            limit),
        client,
        record);
  }

  private @Nullable ClientExchange gather(
      HttpRequest request,
      Dispatch dispatch,
      HttpHeaders headers,
      RequestPath path,
      ClientProtocol front,
      long limit) {
    proceed(request);
    return new StreamIntake(
        Unpooled.compositeBuffer(MAX_PIECES),
        limit,
        new Gathered(
            request.method(),
            headers,
            path,
            front,
            dispatch,
            limit,
            caller(dispatch.found(), headers, path),
            null));
  }

  /** Sends on what a chat has become. */
  private void send(UiEndpoint.Turn turn, KeyRing.@Nullable Found found) {
    var request = turn.request();
    var method = HttpMethod.POST;
    var headers = request.headers(turn.posted());
    var path = request.path();
    var front = request.front();
    var dispatch = new Dispatch(server, turn.setup(), record, method, headers, path, front, found);
    new Gathered(method, headers, path, front, dispatch, 0, turn.caller(), turn)
        .whole(Unpooled.wrappedBuffer(request.body()));
  }

  private @Nullable ClientExchange relay(
      HttpRequest request, Dispatch dispatch, ClientProtocol front, long limit) {
    HttpMethod method = request.method();
    boolean chunked = HttpUtil.isTransferEncodingChunked(request);
    long length = HttpUtil.getContentLength(request, -1L);
    Dispatch.Ways ways;
    try {
      ways = dispatch.route(dispatch.model(""), null, chunked ? -1 : Math.max(0, length));
    } catch (Dispatch.RefusedException e) {
      return refuse(e.refusal(), new DefaultHttpHeaders());
    }
    boolean expects = HttpUtil.is100ContinueExpected(request);
    long framed = chunked ? UpstreamRequest.CHUNKED : length >= 0 ? length : UpstreamRequest.NONE;
    return gate(dispatch)
        .pass(
            ways,
            new Passing(() -> {}) {
              @Override
              public ClientExchange admitted() {
                if (expects) {
                  client.proceed();
                }
                var clocks = ways.route().streams().relayed();
                Destination to = Dispatch.available(ways.destinations(), now());
                var relay =
                    new PlainRelay(client, record, server.streams().clock(), clocks, method, limit);
                relay.begin(
                    server.streams().dialer(),
                    to.upstream(),
                    new UpstreamRequest(
                        method,
                        UpstreamAddress.of(to.config(), front, to.path()),
                        to.headers(),
                        null,
                        framed));
                return relay;
              }
            });
  }

  private Gate gate(Dispatch dispatch) {
    return new Gate(server, client, record, dispatch);
  }

  /** What follows where a request is not let in. */
  private abstract class Passing implements Gate.Then {
    private final Runnable release;

    Passing(Runnable release) {
      this.release = release;
    }

    @Override
    public void refused(Refusal refusal) {
      release.run();
      refuse(refusal, new DefaultHttpHeaders());
    }

    @Override
    public void dropped() {
      release.run();
    }
  }

  private static Caller caller(
      KeyRing.@Nullable Found found, HttpHeaders headers, RequestPath path) {
    return found == null
        ? Caller.ofClient(Credentials.deciding(headers, path.query(), ""))
        : Caller.ofKey(found.tenant().sha256());
  }

  private void proceed(HttpRequest request) {
    if (HttpUtil.is100ContinueExpected(request)) {
      client.proceed();
    }
  }

  /** What becomes of a body that decides where it goes, or whether it asks for a stream. */
  private final class Gathered implements StreamIntake.Next {
    private final HttpMethod method;
    private final HttpHeaders headers;
    private final RequestPath path;
    private final ClientProtocol front;
    private final Dispatch dispatch;
    private final long limit;
    private final Caller caller;
    private final UiEndpoint.@Nullable Turn turn;

    Gathered(
        HttpMethod method,
        HttpHeaders headers,
        RequestPath path,
        ClientProtocol front,
        Dispatch dispatch,
        long limit,
        Caller caller,
        UiEndpoint.@Nullable Turn turn) {
      this.turn = turn;
      this.caller = caller;
      this.method = method;
      this.headers = headers;
      this.path = path;
      this.front = front;
      this.dispatch = dispatch;
      this.limit = limit;
    }

    @Override
    public void whole(ByteBuf body) {
      byte[] bytes = ByteBufUtil.getBytes(body);
      RequestFacts read = RequestFacts.of(StreamIntake.stream(body), byDefault(front));
      String model = dispatch.model(read == null ? "" : read.model());
      // A request that may receive the stream of another is let in only if it does not.
      var kept = read != null && read.stream() ? server.streams().kept() : null;
      Dispatch.Ways ways;
      try {
        ways = dispatch.route(model, bytes, bytes.length);
      } catch (Dispatch.RefusedException e) {
        refuse(e.refusal(), new DefaultHttpHeaders());
        return;
      }
      StreamRequest request =
          read == null || !read.stream()
              ? null
              : StreamRequest.of(
                  front,
                  headers,
                  ways.destinations(),
                  new RequestFacts(true, model, read.usageAsked() || isGemini(front)),
                  ways.route().streams(),
                  server.streams().open());
      if (request == null && turn != null) {
        refuse(
            Refusal.of(400, "bad-chat", "chat: must be one that an upstream takes, was another"),
            new DefaultHttpHeaders());
        return;
      }
      if (request == null) {
        gate(dispatch)
            .pass(
                ways,
                new Passing(() -> {}) {
                  @Override
                  public @Nullable ClientExchange admitted() {
                    relay(
                        Dispatch.available(ways.destinations(), now()),
                        ways.route().streams().relayed());
                    return null;
                  }
                });
        return;
      }
      if (kept != null) {
        var of = turn;
        var identity =
            RequestIdentity.of(headers, of == null ? path.toTarget() : of.identity(), bytes);
        var keep = StreamSharing.keep(kept.store().config(), identity.explicit());
        boolean found = StreamSharing.isFound(request.settings(), identity.explicit());
        boolean replaces = request.settings().delivery().identical() == Identical.REPLACE;
        kept.begin(
            server.streams(),
            request,
            identity,
            gate(dispatch)
                .sharing(
                    ways,
                    identity,
                    found,
                    replaces,
                    keep,
                    refusal -> refuse(refusal, new DefaultHttpHeaders())),
            new JournaledStreams.Arrival(
                caller,
                StoredRequest.of(path, front, headers, bytes, ownKey()),
                new JournaledStreams.Credentialed(headers, path.query()),
                of != null || ids(request.dialect()),
                of == null ? null : of.chat()),
            of == null ? client : of.response(),
            record,
            () -> admitted(ways),
            new JournaledStreams.Serving(of == null ? client::serve : of::serve, client::serve));
        return;
      }
      gate(dispatch)
          .pass(
              ways,
              new Passing(request::release) {
                @Override
                public @Nullable ClientExchange admitted() {
                  server
                      .streams()
                      .open()
                      .begin(
                          server.streams(),
                          request,
                          () -> RequestIdentity.of(headers, path.toTarget(), bytes),
                          client,
                          record,
                          client::serve);
                  return null;
                }
              });
    }

    private boolean admitted(Dispatch.Ways ways) {
      try {
        var link = server.shared();
        dispatch.admit(ways, link == null ? null : link.name());
        return true;
      } catch (Dispatch.RefusedException e) {
        refuse(e.refusal(), new DefaultHttpHeaders());
        return false;
      }
    }

    private String ownKey() {
      var found = dispatch.found();
      return found == null ? "" : found.key();
    }

    private boolean ids(String dialect) {
      String asked = headers.get(StreamHeaders.IDS, "");
      return asked.equals("on")
          ? Frames.isEvents(dialect)
          : !asked.equals("off") && Frames.takesIds(dialect);
    }

    private void relay(Destination to, RelayClocks clocks) {
      var relay =
          new PlainRelay(client, record, server.streams().clock(), clocks, method, Long.MAX_VALUE);
      client.serve(relay);
      relay.begin(
          server.streams().dialer(),
          to.upstream(),
          UpstreamRequest.whole(
              method, UpstreamAddress.of(to.config(), front, to.path()), to.headers(), to.body()));
    }

    @Override
    public void tooLong() {
      close(Refusals.tooLarge(limit, "was longer than that"));
    }

    @Override
    public void given(boolean clientGone) {
      if (clientGone) {
        record.finish(Outcome.CLIENT_GONE, "cancelled", now());
      } else {
        close(Refusals.shuttingDown());
      }
    }
  }

  /** Gemini's path makes it a stream, and Ollama's chat streams unless the body declines. */
  static boolean byDefault(ClientProtocol front) {
    return isGemini(front) || front == ClientProtocol.OLLAMA_CHAT;
  }

  static boolean isGemini(ClientProtocol front) {
    return front == GEMINI || front == ClientProtocol.GEMINI_ARRAY;
  }

  private static Refusal unreadable(Throwable cause) {
    return switch (cause) {
      case TooLongHttpLineException line ->
          Refusal.of(414, "head-too-large", "request line: must be shorter");
      case TooLongHttpHeaderException head ->
          Refusal.of(431, "head-too-large", "request head: must be shorter");
      case StrictRequestDecoder.BrokenRuleException rule ->
          Refusal.of(400, "bad-request", String.valueOf(rule.getMessage()));
      default -> Refusal.of(400, "bad-request", "request: must be one of RFC 9112");
    };
  }

  /** Refuses a request whose path is not known to be one. */
  private @Nullable ClientExchange early(HttpRequest request, Refusal refusal) {
    if (StrictRequestDecoder.isRead(request)) {
      String path = RequestPath.shown(request.uri());
      record.asked(request.method().name(), path, ClientProtocol.OPENAI);
    }
    return close(refusal);
  }

  private @Nullable ClientExchange close(Refusal refusal) {
    record.status(refusal.status());
    record.finish(Outcome.REJECTED, refusal.code(), now());
    client.refuseAndClose(refusal);
    return null;
  }

  private @Nullable ClientExchange refuse(Refusal refusal, HttpHeaders more) {
    record.status(refusal.status());
    record.finish(Outcome.REJECTED, refusal.code(), now());
    client.refuse(refusal, more);
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
