package dev.holdfast.servlet;

import dev.holdfast.client.CompletionStream;
import dev.holdfast.client.browser.BrowserEvent;
import dev.holdfast.client.browser.BrowserRelay;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.function.Supplier;

/** Relays answers to a page from a servlet. */
public final class ServletRelay {
  private ServletRelay() {}

  /**
   * Answers a request with the events of an answer. Where the servlet supports it, the response is
   * asynchronous and a virtual thread writes it; else this call returns when the answer has ended
   * or the browser has left. A browser's own repetition is answered 204, and no stream is opened.
   *
   * @param stream opens the answer
   * @throws IOException if the response has no body to write to
   */
  public static void relay(
      HttpServletRequest request, HttpServletResponse response, Supplier<CompletionStream> stream)
      throws IOException {
    relay(request, response, stream, BrowserRelay.ofDefaults());
  }

  /**
   * As above, with another relay.
   *
   * @throws IOException if the response has no body to write to
   */
  public static void relay(
      HttpServletRequest request,
      HttpServletResponse response,
      Supplier<CompletionStream> stream,
      BrowserRelay relay)
      throws IOException {
    if (BrowserRelay.isRepetition(request.getHeader("Last-Event-ID"))) {
      response.setStatus(HttpServletResponse.SC_NO_CONTENT);
      return;
    }
    response.setContentType(BrowserEvent.MEDIA_TYPE);
    response.setCharacterEncoding("UTF-8");
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("X-Accel-Buffering", "no");
    ServletOutputStream body = response.getOutputStream();
    if (!request.isAsyncSupported()) {
      boolean unused = relay.relay(stream.get(), body);
      return;
    }
    var answer = stream.get();
    var async = request.startAsync();
    async.setTimeout(0);
    Thread.ofVirtual()
        .name("holdfast-sse")
        .start(() -> {
          boolean unused = relay.relay(answer, body);
          try {
            async.complete();
          } catch (IllegalStateException e) {
            // The container has ended the response: the browser has left.
          }
        });
  }
}
