package dev.holdfast.gateway.server;

import dev.holdfast.gateway.message.ClientExchange;
import dev.holdfast.gateway.message.ClientResponse;
import dev.holdfast.gateway.message.Refusal;
import dev.holdfast.gateway.route.ClientProtocol;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;

/** One request of a client and its response, over HTTP/1.1 or HTTP/2. */
interface Client extends ClientResponse {
  /** Records the client's protocol, in which refusals are written. */
  void front(ClientProtocol front);

  /** From now on this serves the request. */
  void serve(ClientExchange next);

  /** Writes a refusal with further headers. */
  void refuse(Refusal refusal, HttpHeaders more);

  /** Writes a refusal after which nothing of the request is read. */
  void refuseAndClose(Refusal refusal);

  /** Writes a short response of the gateway's own. */
  default void answer(int status) {
    answer(status, new DefaultHttpHeaders());
  }

  /** Writes a response of the gateway's own without a body. */
  default void answer(int status, HttpHeaders headers) {
    answer(status, headers, new byte[0]);
  }

  /** Writes a response of the gateway's own. */
  void answer(int status, HttpHeaders headers, byte[] body);

  /** Asks for the body that the client holds back (RFC 9110 section 10.1.1). */
  void proceed();

  /** {@return whether it uses TLS} */
  boolean isTls();
}
