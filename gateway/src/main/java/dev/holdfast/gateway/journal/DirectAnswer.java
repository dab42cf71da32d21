package dev.holdfast.gateway.journal;

import dev.holdfast.gateway.message.ClientResponse;
import dev.holdfast.gateway.message.Refusal;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is no stream: for the clients that wait for its head.
 *
 * @param whole whether the body is; one that is cut is cut for the client, too
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record DirectAnswer(
    int status,
    @Nullable HttpHeaders headers,
    byte[] body,
    boolean whole,
    @Nullable Refusal refusal) {
  /** Answers a client; {@code write} takes the body. */
  void to(ClientResponse client, Consumer<byte[]> write) {
    if (refusal != null || headers == null) {
      client.refuse(
          refusal == null
              ? Refusal.later(502, "stream-failed", "stream: must be answered")
              : refusal);
      return;
    }
    var copy = new DefaultHttpHeaders().set(headers);
    client.head(status, copy, whole ? body.length : ClientResponse.UNKNOWN);
    write.accept(body);
    if (whole) {
      client.end(EmptyHttpHeaders.INSTANCE);
    } else {
      client.abort();
    }
  }
}
