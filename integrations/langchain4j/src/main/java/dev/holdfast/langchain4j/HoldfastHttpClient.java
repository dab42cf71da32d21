package dev.holdfast.langchain4j;

import dev.holdfast.client.PullPublisher;
import dev.holdfast.client.relay.RelayExchange;
import dev.holdfast.client.relay.RelayedAnswer;
import dev.holdfast.client.relay.RelayedRequest;
import dev.holdfast.client.relay.StreamRelay;
import dev.holdfast.core.stream.ResponseHead;
import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.HttpStreamingEvent;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventParser;
import java.io.IOException;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A client whose streams are relayed, each on a virtual thread of its own. Thread-safe. */
final class HoldfastHttpClient implements HttpClient {
  private final Supplier<HttpClient> plain;
  private final StreamRelay relay;
  private final RelayExchange.Sender sender;
  private volatile @Nullable HttpClient client;

  /**
   * A client.
   *
   * @param plain makes the client for everything that is no stream, when the first such request
   *     comes
   */
  HoldfastHttpClient(Supplier<HttpClient> plain, StreamRelay relay, RelayExchange.Sender sender) {
    this.plain = plain;
    this.relay = relay;
    this.sender = sender;
  }

  private HttpClient client() {
    var made = client;
    if (made == null) {
      synchronized (this) {
        made = client;
        if (made == null) {
          made = plain.get();
          client = made;
        }
      }
    }
    return made;
  }

  @Override
  public SuccessfulHttpResponse execute(HttpRequest request) {
    return client().execute(request);
  }

  @Override
  public CompletableFuture<SuccessfulHttpResponse> executeAsync(HttpRequest request) {
    return client().executeAsync(request);
  }

  @Override
  public void execute(
      HttpRequest request, ServerSentEventParser parser, ServerSentEventListener listener) {
    var relayed = relayed(request);
    var once = new OneTerminal(listener);
    if (relayed == null) {
      client().execute(request, parser, once);
      return;
    }
    Thread.ofVirtual()
        .name("holdfast-langchain4j")
        .start(() -> {
          try {
            var answer = relay.open(relayed, sender);
            if (answer.isPresent()) {
              deliver(answer.get(), parser, once);
            } else {
              client().execute(request, parser, once);
            }
          } catch (Throwable e) {
            once.onError(e); // An Error too: the caller waits for an end.
          }
        });
  }

  private static void deliver(
      RelayedAnswer answer, ServerSentEventParser parser, OneTerminal listener) throws IOException {
    try (answer) {
      listener.follow(answer);
      listener.onOpen(response(answer.head()));
      parser.parse(answer.body(), listener);
      listener.onClose();
    }
  }

  @Override
  public Flow.Publisher<HttpStreamingEvent> stream(
      HttpRequest request, ServerSentEventParser parser) {
    var relayed = relayed(request);
    if (relayed == null) {
      return client().stream(request, parser);
    }
    return subscriber -> {
      // A request that asks for no stream is found here only, and nothing has been sent then.
      var incremental = parser.incremental();
      var answer = relay.open(relayed, sender);
      if (answer.isEmpty()) {
        client().stream(request, parser).subscribe(subscriber);
      } else {
        new PullPublisher<HttpStreamingEvent>(() -> new HttpEvents(answer.get(), incremental))
            .subscribe(subscriber);
      }
    };
  }

  /** {@return the request; null if its answer is not relayed} */
  private static @Nullable RelayedRequest relayed(HttpRequest request) {
    String body = request.body();
    URI uri;
    try {
      uri = URI.create(request.url());
    } catch (IllegalArgumentException e) {
      return null; // The client will report it.
    }
    String method = request.method().name();
    return body == null || uri.getHost() == null || !StreamRelay.knows(method, uri)
        ? null
        : new RelayedRequest(method, uri, request.headers(), body);
  }

  /** {@return a response without a body, as LangChain4j's own client has it} */
  static SuccessfulHttpResponse response(ResponseHead head) {
    return SuccessfulHttpResponse.builder()
        .statusCode(head.status())
        .headers(head.headers())
        .build();
  }
}
