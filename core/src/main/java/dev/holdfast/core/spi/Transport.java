package dev.holdfast.core.spi;

import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Sends one request and streams its response. Thread-safe. */
public interface Transport extends AutoCloseable {
  /** Starts an exchange and returns at once; everything else goes to {@code receiver}. */
  Exchange open(Request request, Receiver receiver);

  /** Releases threads and pooled connections; open exchanges fail. */
  @Override
  void close();

  /**
   * A request.
   *
   * @param method how it is sent
   * @param uri where to
   * @param headers names and values; {@code Content-Type} included
   * @param body the JSON text, sent as UTF-8; empty where the request has none
   * @param connectTimeout for TCP and TLS; zero for none
   */
  record Request(
      ProviderRequest.Method method,
      URI uri,
      Map<String, List<String>> headers,
      String body,
      Duration connectTimeout) {
    /** A request that is sent by {@code POST}. */
    public Request(
        URI uri, Map<String, List<String>> headers, String body, Duration connectTimeout) {
      this(ProviderRequest.Method.POST, uri, headers, body, connectTimeout);
    }

    /** {@return host, path and names of headers; keys and prompts stay out of logs} */
    @Override
    public String toString() {
      return "Request[method=%s, host=%s, path=%s, headers=%s, body=%d characters]"
          .formatted(method, uri.getHost(), uri.getPath(), headers.keySet(), body.length());
    }
  }

  /** An exchange under way. Both methods are thread-safe and return at once. */
  interface Exchange {
    /** Allows {@code chunks} more calls of {@link Receiver#onBytes}. None is allowed at first. */
    void demand(long chunks);

    /**
     * Closes the connection; it reaches the server within a second. No call follows but by race.
     */
    void cancel();
  }

  /**
   * Receives one exchange, one call at a time: at most one head, then bytes, then exactly one of
   * end and failure.
   */
  interface Receiver {
    /** The response head arrived. */
    void onHead(ResponseHead head);

    /** Body bytes arrived; the receiver may keep the buffer. */
    void onBytes(ByteBuffer bytes);

    /** The body ended cleanly. */
    void onEnd();

    /** The exchange failed. */
    void onFailure(Failure failure);
  }
}
