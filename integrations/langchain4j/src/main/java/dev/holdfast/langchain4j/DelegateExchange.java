package dev.holdfast.langchain4j;

import dev.holdfast.client.relay.BackgroundExchange;
import dev.holdfast.client.relay.RelayExchange;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.ResponseHead;
import dev.langchain4j.exception.HttpException;
import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpMethod;
import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One exchange of another client of LangChain4j's. Such a client shows a body to a parser only: the
 * parser here hands the body out, and holds the client's thread until it has been read.
 */
final class DelegateExchange
    implements ServerSentEventParser, ServerSentEventListener, BackgroundExchange.Response {
  private final CompletableFuture<DelegateExchange> answered = new CompletableFuture<>();
  private final CountDownLatch done = new CountDownLatch(1);
  private volatile @Nullable SuccessfulHttpResponse response;
  private volatile @Nullable InputStream arriving;
  private volatile @Nullable HttpException refusal;

  private DelegateExchange() {}

  /** {@return a sender over a client} */
  static RelayExchange.Sender sender(HttpClient client) {
    return request -> BackgroundExchange.start(() -> send(client, request));
  }

  private static DelegateExchange send(HttpClient client, Transport.Request request)
      throws IOException, InterruptedException {
    var exchange = new DelegateExchange();
    var builder =
        HttpRequest.builder()
            .method(HttpMethod.valueOf(request.method().name()))
            .url(request.uri().toString())
            .headers(request.headers());
    if (!request.body().isEmpty()) {
      builder.body(request.body());
    }
    var sent = builder.build();
    // A client may parse on the thread that calls it: always, or where the response is there
    // already. That thread is held until the body has been read, which happens on this one.
    var calling =
        Thread.ofVirtual()
            .name("holdfast-langchain4j-client")
            .start(() -> exchange.execute(client, sent));
    try {
      return exchange.answered.get();
    } catch (ExecutionException e) {
      exchange.close();
      if (e.getCause() instanceof IOException broke) {
        throw broke;
      }
      // A client's own exception; its message may quote the request.
      String kind = e.getCause() == null ? "" : e.getCause().getClass().getSimpleName();
      throw new IOException("the client failed: " + kind);
    } catch (InterruptedException e) {
      exchange.close(); // The client's thread finds it so, whenever a response comes.
      calling.interrupt();
      throw e;
    }
  }

  private void execute(HttpClient client, HttpRequest request) {
    try {
      client.execute(request, this, this);
    } catch (Throwable e) {
      onError(e); // An Error too: an attempt waits for an end.
    }
  }

  @Override
  public void onOpen(SuccessfulHttpResponse opened) {
    response = opened;
  }

  @Override
  public void parse(InputStream body, ServerSentEventListener listener) {
    arriving = body;
    answered.complete(this);
    boolean waits = true;
    while (waits) {
      try {
        done.await();
        waits = false;
      } catch (InterruptedException e) {
        close(); // The client gives its thread up.
      }
    }
  }

  @Override
  public void onError(Throwable thrown) {
    Throwable link = thrown;
    while (link != null && !(link instanceof HttpException)) {
      link = link.getCause();
    }
    if (link instanceof HttpException refused) {
      refusal = refused;
      answered.complete(this);
    } else {
      answered.completeExceptionally(thrown);
    }
  }

  @Override
  public void onClose() {
    answered.completeExceptionally(new IOException("the client closed without a body"));
  }

  @Override
  public ResponseHead head() {
    var refused = refusal;
    if (refused != null) {
      return new ResponseHead(refused.statusCode(), Map.of());
    }
    var opened = response;
    return opened == null
        ? new ResponseHead(200, Map.of())
        : new ResponseHead(opened.statusCode(), opened.headers());
  }

  @Override
  public InputStream body() {
    var refused = refusal;
    var body = arriving;
    if (refused != null || body == null) {
      String text = refused == null ? "" : String.valueOf(refused.getMessage());
      return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }
    return body;
  }

  @Override
  public void close() {
    var body = arriving;
    if (body != null) {
      try {
        body.close();
      } catch (IOException e) {
        // The client closes it once more.
      }
    }
    done.countDown();
  }
}
