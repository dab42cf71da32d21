package dev.holdfast.langchain4j;

import dev.holdfast.client.relay.RelayedAnswer;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.ServerSentEvent;
import dev.langchain4j.http.client.sse.ServerSentEventContext;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventParsingHandle;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Passes a stream on to LangChain4j's listener: exactly one of error and close, and nothing after
 * it. A stream that its handle has cancelled ends without either, as with LangChain4j's own
 * clients.
 */
final class OneTerminal implements ServerSentEventListener {
  private final ServerSentEventListener listener;
  private final AtomicBoolean over = new AtomicBoolean();
  private volatile @Nullable ServerSentEventParsingHandle handle;
  private volatile @Nullable RelayedAnswer answer;

  /** A listener before the model's. */
  OneTerminal(ServerSentEventListener listener) {
    this.listener = listener;
  }

  /**
   * The events are of an answer. Once it was given up, an error event is the protocol's last frame,
   * which the typed error replaces.
   */
  void follow(RelayedAnswer relayed) {
    answer = relayed;
  }

  private boolean isReplaced(ServerSentEvent event) {
    var relayed = answer;
    return relayed != null && relayed.hasFailed() && isError(event);
  }

  @Override
  public void onOpen(SuccessfulHttpResponse response) {
    listener.onOpen(response);
  }

  @Override
  public void onEvent(ServerSentEvent event, ServerSentEventContext context) {
    handle = context.parsingHandle();
    if (!over.get() && !isReplaced(event)) {
      listener.onEvent(event, context);
    }
  }

  @Override
  public void onEvent(ServerSentEvent event) {
    if (!over.get() && !isReplaced(event)) {
      listener.onEvent(event);
    }
  }

  @Override
  public void onError(Throwable thrown) {
    if (over.compareAndSet(false, true) && !isCancelled()) {
      listener.onError(Errors.of(thrown));
    }
  }

  @Override
  public void onClose() {
    if (over.compareAndSet(false, true) && !isCancelled()) {
      listener.onClose();
    }
  }

  private boolean isCancelled() {
    var known = handle;
    return known != null && known.isCancelled();
  }

  /** {@return whether this is one of the events by which a protocol reports a failure} */
  static boolean isError(ServerSentEvent event) {
    String name = event.event();
    String data = event.data();
    return "error".equals(name)
        || "response.failed".equals(name)
        || (data != null && data.startsWith("{\"error\""));
  }
}
