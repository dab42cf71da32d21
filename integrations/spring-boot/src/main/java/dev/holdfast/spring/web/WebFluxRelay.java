package dev.holdfast.spring.web;

import dev.holdfast.client.CompletionStream;
import dev.holdfast.client.browser.BrowserEvent;
import dev.holdfast.client.browser.BrowserRelay;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.codec.ServerSentEvent;
import reactor.adapter.JdkFlowAdapter;
import reactor.core.publisher.Flux;

/** Relays answers to a page from a controller of WebFlux. */
public final class WebFluxRelay {
  private WebFluxRelay() {}

  /**
   * {@return the response of a controller} The answer is opened when the server subscribes, and
   * read no faster than the browser reads. A browser's own repetition is answered 204, and no
   * stream is opened.
   *
   * @param lastEventId the header {@code Last-Event-ID}; null if there is none
   * @param stream opens the answer
   */
  public static ResponseEntity<Flux<ServerSentEvent<String>>> relay(
      @Nullable String lastEventId, Supplier<CompletionStream> stream) {
    return relay(lastEventId, stream, BrowserRelay.ofDefaults());
  }

  /** {@return as above, with another relay, and the status of {@link BrowserRelay#status}} */
  public static ResponseEntity<Flux<ServerSentEvent<String>>> relay(
      @Nullable String lastEventId, Supplier<CompletionStream> stream, BrowserRelay relay) {
    int status = relay.status(lastEventId);
    if (status != 200) {
      return ResponseEntity.status(status).build();
    }
    var events = relay.publisher(() -> relay.open(lastEventId, stream));
    return ResponseEntity.ok()
        .header("Cache-Control", "no-store")
        .header("X-Accel-Buffering", "no")
        .contentType(MediaType.TEXT_EVENT_STREAM)
        .body(JdkFlowAdapter.flowPublisherToFlux(events).map(WebFluxRelay::event));
  }

  private static ServerSentEvent<String> event(BrowserEvent event) {
    var builder = ServerSentEvent.builder(event.data()).event(event.name());
    return event.id().isEmpty() ? builder.build() : builder.id(event.id()).build();
  }
}
