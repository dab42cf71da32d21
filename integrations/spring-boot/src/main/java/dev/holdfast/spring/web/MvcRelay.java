package dev.holdfast.spring.web;

import dev.holdfast.client.CompletionStream;
import dev.holdfast.client.browser.BrowserRelay;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.servlet.mvc.method.annotation.ResponseBodyEmitter.DataWithMediaType;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** Relays answers to a page from a controller of Spring MVC. */
public final class MvcRelay {
  private static final MediaType TEXT = new MediaType("text", "plain", StandardCharsets.UTF_8);

  private MvcRelay() {}

  /**
   * {@return the response of a controller} A virtual thread writes it. A browser's own repetition
   * is answered 204, and no stream is opened.
   *
   * @param lastEventId the header {@code Last-Event-ID}; null if there is none
   * @param stream opens the answer
   */
  public static ResponseEntity<SseEmitter> relay(
      @Nullable String lastEventId, Supplier<CompletionStream> stream) {
    return relay(lastEventId, stream, BrowserRelay.ofDefaults());
  }

  /** {@return as above, with another relay, and the status of {@link BrowserRelay#status}} */
  public static ResponseEntity<SseEmitter> relay(
      @Nullable String lastEventId, Supplier<CompletionStream> stream, BrowserRelay relay) {
    int status = relay.status(lastEventId);
    if (status != 200) {
      return ResponseEntity.status(status).build();
    }
    var emitter = new SseEmitter(0L);
    var answer = relay.open(lastEventId, stream);
    emitter.onCompletion(() -> relay.left(answer));
    Thread.ofVirtual().name("holdfast-sse").start(() -> write(relay, answer, emitter));
    return ResponseEntity.ok()
        .header("Cache-Control", "no-store")
        .header("X-Accel-Buffering", "no")
        .contentType(MediaType.TEXT_EVENT_STREAM)
        .body(emitter);
  }

  private static void write(BrowserRelay relay, CompletionStream answer, SseEmitter emitter) {
    boolean received = relay.relay(answer, event -> send(emitter, event.text()));
    if (received) {
      emitter.complete();
    }
    // Otherwise the container has reported the error, and completes the response.
  }

  /** Writes an event as it is. */
  private static void send(SseEmitter emitter, String text) throws IOException {
    emitter.send(Set.of(new DataWithMediaType(text, TEXT)));
  }
}
