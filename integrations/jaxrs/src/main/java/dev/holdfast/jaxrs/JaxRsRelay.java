package dev.holdfast.jaxrs;

import dev.holdfast.client.CompletionStream;
import dev.holdfast.client.browser.BrowserEvent;
import dev.holdfast.client.browser.BrowserRelay;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Relays answers to a page from a resource of JAX-RS. */
public final class JaxRsRelay {
  private JaxRsRelay() {}

  /**
   * Answers a request with the events of an answer. Returns at once: a virtual thread writes them.
   *
   * @param lastEventId the header {@code Last-Event-ID}; null if there is none
   * @param sink the resource method's; closed at the end
   * @param stream opens the answer
   * @throws WebApplicationException with status 204 for a browser's own repetition; no stream is
   *     opened then
   */
  public static void relay(
      @Nullable String lastEventId, SseEventSink sink, Sse sse, Supplier<CompletionStream> stream) {
    relay(lastEventId, sink, sse, stream, BrowserRelay.ofDefaults());
  }

  /**
   * As above, with another relay.
   *
   * @throws WebApplicationException with the status of {@link BrowserRelay#status}, unless it is
   *     200
   */
  public static void relay(
      @Nullable String lastEventId,
      SseEventSink sink,
      Sse sse,
      Supplier<CompletionStream> stream,
      BrowserRelay relay) {
    int status = relay.status(lastEventId);
    if (status != Response.Status.OK.getStatusCode()) {
      throw new WebApplicationException(status);
    }
    var answer = relay.open(lastEventId, stream);
    Thread.ofVirtual()
        .name("holdfast-sse")
        .start(() -> {
          try (sink) {
            boolean unused = relay.relay(answer, event -> send(sink, sse, event));
          } catch (Exception e) {
            // The browser has left.
          }
        });
  }

  private static void send(SseEventSink sink, Sse sse, BrowserEvent event) throws IOException {
    if (sink.isClosed()) {
      throw new IOException("the browser has left");
    }
    var out = sse.newEventBuilder().name(event.name());
    if (!event.id().isEmpty()) {
      out.id(event.id());
    }
    try {
      var unused = sink.send(out.data(event.data()).build()).toCompletableFuture().join();
    } catch (CompletionException e) {
      throw new IOException("the browser has left", e);
    }
  }
}
