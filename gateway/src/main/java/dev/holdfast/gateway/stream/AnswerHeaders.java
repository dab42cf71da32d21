package dev.holdfast.gateway.stream;

import dev.holdfast.gateway.message.ForwardedHeaders;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;

/** The headers of an answer that begins. */
final class AnswerHeaders {
  private AnswerHeaders() {}

  /**
   * {@return the headers of the attempt that answers, and the gateway's own} The attempts keep
   * theirs no longer.
   */
  static HttpHeaders of(StreamRequest request, StreamAttempts attempts) {
    var answering = attempts.answering();
    HttpResponse answered = answering == null ? null : answering.head();
    boolean good = answered != null && answered.status().code() == 200;
    HttpHeaders headers =
        good && answered != null
            ? ForwardedHeaders.client(answered.headers())
            : new DefaultHttpHeaders();
    headers.set("content-type", request.contentType());
    if (!headers.contains("cache-control")) {
      headers.set("cache-control", "no-cache");
    }
    headers.remove("content-encoding");
    headers.set("x-accel-buffering", "no");
    headers.set(
        "x-holdfast-upstream", answering == null ? attempts.lastUpstream() : answering.upstream());
    headers.set("x-holdfast-attempt", answering == null ? 1 : answering.number());
    if (!request.recovers()) {
      headers.set("x-holdfast-recovery", "off, memory");
    }
    if (!request.mark().isEmpty()) {
      headers.set("x-holdfast-journal", request.mark());
    }
    attempts.begun();
    return headers;
  }
}
