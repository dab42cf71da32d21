package dev.holdfast.gateway.durable;

import dev.holdfast.gateway.message.Refusal;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * A response without data.
 *
 * @param refusal why not; null for a success
 */
record Reply(int status, HttpHeaders headers, @Nullable Refusal refusal) {
  static Reply of(int status) {
    return new Reply(status, new DefaultHttpHeaders(), null);
  }

  static Reply refused(int status, String code, String sentence) {
    return new Reply(status, new DefaultHttpHeaders(), Refusal.of(status, code, sentence));
  }

  /** {@return a refusal after which the client may ask again} */
  static Reply later(String code, String sentence) {
    return new Reply(503, new DefaultHttpHeaders(), Refusal.later(503, code, sentence));
  }

  static Reply unknown() {
    return refused(404, "no-stream", "stream: must exist, was unknown");
  }

  static Reply gone() {
    return refused(410, "stream-deleted", "stream: must not be deleted, lives on in its forks");
  }

  Reply with(String header, Object value) {
    headers.set(header, value);
    return this;
  }
}
