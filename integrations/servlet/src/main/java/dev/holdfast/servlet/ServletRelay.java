package dev.holdfast.servlet;

import dev.holdfast.client.CompletionStream;
import dev.holdfast.client.browser.BrowserEvent;
import dev.holdfast.client.browser.BrowserRelay;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Relays answers to a page from a servlet. */
public final class ServletRelay {
  private static final String AFTER = "after=";

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
   * As above, with another relay. With {@link BrowserRelay#withResume} the header {@code
   * Last-Event-ID}, or else the query parameter {@code after}, resumes an answer, and {@link
   * BrowserRelay#status} has the other statuses.
   *
   * @throws IOException if the response has no body to write to
   */
  public static void relay(
      HttpServletRequest request,
      HttpServletResponse response,
      Supplier<CompletionStream> stream,
      BrowserRelay relay)
      throws IOException {
    String last = request.getHeader("Last-Event-ID");
    String place = BrowserRelay.isRepetition(last) ? last : after(request);
    int status = relay.status(place);
    if (status != HttpServletResponse.SC_OK) {
      response.setStatus(status);
      return;
    }
    response.setContentType(BrowserEvent.MEDIA_TYPE);
    response.setCharacterEncoding("UTF-8");
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("X-Accel-Buffering", "no");
    ServletOutputStream body = response.getOutputStream();
    if (!request.isAsyncSupported()) {
      boolean unused = relay.relay(relay.open(place, stream), body);
      return;
    }
    var answer = relay.open(place, stream);
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

  /**
   * {@return the parameter of the query} Not by {@code getParameter}, which may read the body; the
   * ids of events need no decoding.
   */
  private static @Nullable String after(HttpServletRequest request) {
    String query = request.getQueryString();
    if (query != null) {
      for (String parameter : query.split("&", -1)) {
        if (parameter.startsWith(AFTER)) {
          return parameter.substring(AFTER.length());
        }
      }
    }
    return null;
  }
}
