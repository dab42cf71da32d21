package dev.holdfast.anthropic;

import com.anthropic.core.RequestOptions;
import com.anthropic.core.http.HttpClient;
import com.anthropic.core.http.HttpRequest;
import com.anthropic.core.http.HttpRequestBody;
import com.anthropic.core.http.HttpResponse;
import dev.holdfast.client.relay.BackgroundExchange;
import dev.holdfast.client.relay.DirectExchange;
import dev.holdfast.client.relay.RelayedRequest;
import dev.holdfast.client.relay.StreamRelay;
import dev.holdfast.core.spi.Transport;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The client that the interceptor puts above the anthropic's own. Thread-safe.
 *
 * <p>Until the head of a 2xx has come the SDK retries by its own rule; what breaks afterwards is
 * continued here, through the same client. Everything that is no stream passes untouched.
 */
final class HoldfastHttpClient implements HttpClient {
  private final HttpClient client;
  private final StreamRelay relay;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * Open streams, and this client as long as it is not closed: the SDK closes it once unreachable.
   */
  private final AtomicInteger users = new AtomicInteger(1);

  HoldfastHttpClient(HttpClient client, StreamRelay relay) {
    this.client = client;
    this.relay = relay;
  }

  @Override
  public HttpResponse execute(HttpRequest request, RequestOptions options) {
    if (!isKnown(request)) {
      return client.execute(request, options);
    }
    var relayed = relayed(request);
    return whole(relayed, request, options, client.execute(request, options));
  }

  @Override
  public CompletableFuture<HttpResponse> executeAsync(HttpRequest request, RequestOptions options) {
    if (!isKnown(request)) {
      return client.executeAsync(request, options);
    }
    var relayed = relayed(request);
    return client
        .executeAsync(request, options)
        .thenApply(response -> whole(relayed, request, options, response));
  }

  /** Closes the client below, once the streams that may need it for a continuation have ended. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      leave();
    }
  }

  /** One user of the client below is gone. */
  private void leave() {
    if (users.decrementAndGet() == 0) {
      client.close();
    }
  }

  private HttpResponse whole(
      RelayedRequest relayed, HttpRequest request, RequestOptions options, HttpResponse response) {
    var answered = new SdkResponse(response);
    return relay
        .body(
            relayed,
            answered.head(),
            answered.closesWhileRead()
                ? DirectExchange.of(answered)
                : BackgroundExchange.of(answered),
            continuation ->
                BackgroundExchange.start(() ->
                    new SdkResponse(client.execute(continuation(request, continuation), options))))
        .<HttpResponse>map(body -> {
          users.incrementAndGet();
          return new RelayedResponse(response, body, this::leave);
        })
        .orElse(response);
  }

  private static HttpRequest continuation(HttpRequest first, Transport.Request next) {
    boolean same = next.uri().toString().equals(first.url());
    var builder = same ? first.toBuilder() : HttpRequest.builder();
    if (!same) {
      Map<String, List<String>> query = new TreeMap<>();
      String rest = next.uri().getRawQuery();
      for (var pair : rest == null ? new String[0] : rest.split("&", -1)) {
        int equals = pair.indexOf('=');
        query.put(
            equals < 0 ? pair : pair.substring(0, equals),
            List.of(equals < 0 ? "" : pair.substring(equals + 1)));
      }
      builder
          .baseUrl(next.uri().getScheme() + "://" + next.uri().getRawAuthority())
          .addPathSegments(next.uri().getPath().substring(1).split("/", -1))
          .queryParams(query);
    }
    builder.method(HttpMethods.of(next.method())).headers(next.headers());
    if (!next.body().isEmpty()) {
      builder.body(new JsonBody(next.body()));
    }
    return builder.build();
  }

  private static boolean isKnown(HttpRequest request) {
    return StreamRelay.knows(request.method().name(), URI.create(request.url()));
  }

  private static RelayedRequest relayed(HttpRequest request) {
    Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (var name : request.headers().names()) {
      headers.put(name, request.headers().values(name));
    }
    return new RelayedRequest(
        request.method().name(),
        URI.create(request.url()),
        headers,
        text(request.body().orElse(null)));
  }

  /** {@return the request's body; null if it cannot be written twice} */
  private static @Nullable String text(@Nullable HttpRequestBody body) {
    if (body == null) {
      return "";
    }
    if (!body.repeatable()) {
      return null;
    }
    if (!String.valueOf(body.contentType()).contains("json")) {
      return "";
    }
    var bytes = new ByteArrayOutputStream();
    body.writeTo(bytes);
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
