package dev.holdfast.spring;

import dev.holdfast.core.spi.Transport;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * Sends the requests of one answer through a web client. The first one has been sent already: its
 * result is handed out for it.
 */
final class WebClientTransport implements Transport {
  /** The most that is kept of a refusal's body. */
  private static final int MAX_REFUSAL = 1 << 20;

  private final ExchangeFunction client;
  private final ClientRequest template;
  private final AtomicReference<@Nullable FirstResult> first;
  private final ContextView context;

  private volatile @Nullable ClientResponse last;
  private volatile ByteArrayOutputStream refused = new ByteArrayOutputStream();

  WebClientTransport(
      ExchangeFunction client, ClientRequest template, FirstResult first, ContextView context) {
    this.client = client;
    this.template = template;
    this.first = new AtomicReference<>(first);
    this.context = context;
  }

  @Override
  public Exchange open(Request request, Receiver receiver) {
    last = null;
    var known = first.getAndSet(null);
    var response =
        known == null ? client.exchange(again(request)).contextWrite(context) : known.untouched();
    var exchange = new WebClientExchange(this, receiver);
    exchange.begin(response);
    return exchange;
  }

  private ClientRequest again(Request request) {
    var copy =
        ClientRequest.create(HttpMethod.valueOf(request.method().name()), request.uri())
            .headers(headers -> request.headers().forEach(headers::addAll))
            .attributes(attributes -> attributes.putAll(template.attributes()))
            .cookies(cookies -> cookies.addAll(template.cookies()));
    if (!request.body().isEmpty()) {
      copy.headers(headers -> headers.setContentType(MediaType.APPLICATION_JSON))
          .body(BodyInserters.fromValue(request.body().getBytes(StandardCharsets.UTF_8)));
    }
    return copy.build();
  }

  /** Keeps the last response. */
  void answered(ClientResponse response) {
    refused = new ByteArrayOutputStream();
    last = response;
  }

  /** Keeps a piece of a refusal's body. */
  void refused(byte[] piece) {
    if (refused.size() + piece.length <= MAX_REFUSAL) {
      refused.writeBytes(piece);
    }
  }

  /** {@return the response whose head has come} */
  ClientResponse answered() {
    return Objects.requireNonNull(last);
  }

  /** {@return the last response, if it was a refusal, with its body as it came} */
  Optional<ClientResponse> refusal() {
    var response = last;
    if (response == null || response.statusCode().is2xxSuccessful()) {
      return Optional.empty();
    }
    byte[] body = refused.toByteArray();
    return Optional.of(
        response
            .mutate()
            .body(original ->
                body.length == 0
                    ? Flux.empty()
                    : Mono.just(DefaultDataBufferFactory.sharedInstance.wrap(body))
                        .flux()
                        .cast(DataBuffer.class))
            .build());
  }

  @Override
  public void close() {
    // The client is the application's.
  }
}
