package dev.holdfast.spring;

import dev.holdfast.client.relay.RelayedAnswer;
import dev.holdfast.client.relay.RelayedRequest;
import dev.holdfast.client.relay.StreamRelay;
import dev.holdfast.client.relay.TransportExchange;
import dev.holdfast.core.policy.Timeouts;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientRequestException;
import reactor.adapter.JdkFlowAdapter;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * A filter of {@link WebClient} that keeps streamed answers whole. Add it last, so that it receives
 * the request as it is sent. Everything that is no stream passes untouched. Thread-safe.
 *
 * <p>WebClient does not retry. So refusals and connections that break before the first byte are
 * retried here, by the relay's policy; a refusal that stays one reaches the caller as it came.
 */
public final class HoldfastExchangeFilter implements ExchangeFilterFunction {
  private final Supplier<StreamRelay> relay;
  private final Supplier<Duration> headTimeout;

  /**
   * A filter.
   *
   * @param headTimeout how long a first response head may take; zero for no limit
   */
  HoldfastExchangeFilter(Supplier<StreamRelay> relay, Supplier<Duration> headTimeout) {
    this.relay = relay;
    this.headTimeout = headTimeout;
  }

  /** {@return a filter with the defaults} */
  public static HoldfastExchangeFilter create() {
    return create(StreamRelay.ofDefaults());
  }

  /** {@return a filter with policies of the caller's} */
  public static HoldfastExchangeFilter create(StreamRelay relay) {
    return new HoldfastExchangeFilter(() -> relay, Timeouts.DEFAULT::firstToken);
  }

  @Override
  public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
    if (request.url().getHost() == null
        || !StreamRelay.knows(request.method().name(), request.url())) {
      return next.exchange(request);
    }
    return Mono.deferContextual(context -> {
      var sent = new SentBody();
      return timed(next.exchange(sent.watch(request)), request.url().getPath(), sent)
          .<FirstResult>map(FirstResult.Answered::new)
          // Where the body was not written, nothing is known that could be sent again.
          .onErrorResume(
              e -> sent.isKnown(), e -> Mono.<FirstResult>just(new FirstResult.Broken(e)))
          .flatMap(first -> whole(request, next, sent, first, context));
    });
  }

  /**
   * {@return the response, or a failure after a silence before its head} The relay's clocks begin
   * with a head. An answer that is no stream takes as long as it takes.
   */
  private Mono<ClientResponse> timed(Mono<ClientResponse> response, String path, SentBody sent) {
    var limit = headTimeout.get();
    return limit.isZero()
        ? response
        : response.timeout(
            Mono.delay(limit)
                .flatMap(late -> sent.asksForStream(path) ? Mono.just(late) : Mono.never()));
  }

  private Mono<ClientResponse> whole(
      ClientRequest request,
      ExchangeFunction next,
      SentBody sent,
      FirstResult first,
      ContextView context) {
    if (!sent.isKnown()) {
      return first.untouched();
    }
    var transport = new WebClientTransport(next, request, first, context);
    var relayed =
        new RelayedRequest(request.method().name(), request.url(), headers(request), sent.text());
    return relay
        .get()
        .open(relayed, TransportExchange.sender(transport))
        .map(answer ->
            Mono.<ClientResponse>create(sink -> {
              sink.onCancel(answer::close);
              Thread.ofVirtual()
                  .name("holdfast-web-client")
                  .start(() -> {
                    try {
                      sink.success(healed(answer, transport));
                    } catch (IOException e) {
                      transport
                          .refusal()
                          .ifPresentOrElse(sink::success, () -> sink.error(failure(request, e)));
                    } catch (RuntimeException e) {
                      answer.close();
                      sink.error(e);
                    }
                  });
            }))
        .orElseGet(first::untouched);
  }

  /** {@return the response, once its head has come} */
  private static ClientResponse healed(RelayedAnswer answer, WebClientTransport transport)
      throws IOException {
    var unused = answer.head();
    Flux<DataBuffer> body =
        JdkFlowAdapter.flowPublisherToFlux(RelayedAnswer.publisher(answer.body()))
            .map(DefaultDataBufferFactory.sharedInstance::wrap);
    return transport.answered().mutate().body(original -> body).build();
  }

  private static WebClientRequestException failure(ClientRequest request, IOException e) {
    return new WebClientRequestException(e, request.method(), request.url(), request.headers());
  }

  private static Map<String, List<String>> headers(ClientRequest request) {
    var headers = new TreeMap<String, List<String>>(String.CASE_INSENSITIVE_ORDER);
    request.headers().forEach(headers::put);
    headers.putIfAbsent("Content-Type", List.of("application/json"));
    return headers;
  }
}
