package dev.holdfast.langchain4j;

import dev.langchain4j.exception.HttpException;
import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventParser;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A client that sends, waits and parses on the thread that calls it. */
final class BlockingClientBuilder implements HttpClientBuilder {
  private @Nullable Duration connectTimeout;
  private @Nullable Duration readTimeout;

  @Override
  public @Nullable Duration connectTimeout() {
    return connectTimeout;
  }

  @Override
  public HttpClientBuilder connectTimeout(Duration timeout) {
    connectTimeout = timeout;
    return this;
  }

  @Override
  public @Nullable Duration readTimeout() {
    return readTimeout;
  }

  @Override
  public HttpClientBuilder readTimeout(Duration timeout) {
    readTimeout = timeout;
    return this;
  }

  @Override
  public HttpClient build() {
    return new Blocking();
  }

  private static final class Blocking implements HttpClient {
    private final java.net.http.HttpClient http = java.net.http.HttpClient.newHttpClient();

    @Override
    public SuccessfulHttpResponse execute(HttpRequest request) {
      throw new UnsupportedOperationException("only streams are asked for");
    }

    @Override
    public void execute(
        HttpRequest request, ServerSentEventParser parser, ServerSentEventListener listener) {
      var sent =
          java.net.http.HttpRequest.newBuilder(URI.create(request.url()))
              .method(
                  request.method().name(),
                  java.net.http.HttpRequest.BodyPublishers.ofString(request.body()));
      request.headers().forEach((name, all) -> all.forEach(content -> sent.header(name, content)));
      try {
        var response = http.send(sent.build(), HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
          if (response.statusCode() >= 300) {
            String text = new String(body.readAllBytes(), StandardCharsets.UTF_8);
            listener.onError(new HttpException(response.statusCode(), text));
            return;
          }
          listener.onOpen(
              SuccessfulHttpResponse.builder()
                  .statusCode(response.statusCode())
                  .headers(response.headers().map())
                  .build());
          parser.parse(body, listener);
          listener.onClose();
        }
      } catch (IOException e) {
        listener.onError(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        listener.onError(e);
      }
    }
  }
}
