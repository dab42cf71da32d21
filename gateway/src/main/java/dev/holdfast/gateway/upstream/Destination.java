package dev.holdfast.gateway.upstream;

import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.gateway.route.RequestPath;
import io.netty.handler.codec.http.HttpHeaders;

/**
 * One upstream that a request may go to, and the request as it goes there.
 *
 * @param upstream the upstream
 * @param path the client's path, with the model's name there
 * @param headers the client's headers that pass, with the credential there
 * @param body the client's body, with the model's name there; not changed by anyone
 * @param model the model's name there; empty if the request names none
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record Destination(
    SharedUpstream upstream, RequestPath path, HttpHeaders headers, byte[] body, String model) {
  /** {@return how the upstream is reached} */
  public UpstreamConfig config() {
    return upstream.config();
  }

  /** {@return its upstream; everything else may hold a key or the prompt} */
  @Override
  public String toString() {
    return "Destination[" + config().name() + "]";
  }
}
