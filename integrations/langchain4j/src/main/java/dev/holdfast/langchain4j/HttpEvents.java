package dev.holdfast.langchain4j;

import dev.holdfast.client.PullPublisher;
import dev.holdfast.client.relay.RelayedAnswer;
import dev.langchain4j.http.client.sse.HttpErrorResponseReceived;
import dev.langchain4j.http.client.sse.HttpResponseReceived;
import dev.langchain4j.http.client.sse.HttpStreamingEvent;
import dev.langchain4j.http.client.sse.ServerSentEvent;
import dev.langchain4j.http.client.sse.ServerSentEventParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A relayed answer in the events of LangChain4j's reactive clients, since 1.20.0. */
final class HttpEvents implements PullPublisher.Source<HttpStreamingEvent> {
  private static final int PIECE = 16 << 10;

  private final RelayedAnswer answer;
  private final ServerSentEventParser.Incremental parser;
  private final ArrayDeque<HttpStreamingEvent> events = new ArrayDeque<>();
  private final byte[] piece = new byte[PIECE];
  private boolean opened;
  private boolean ended;
  private @Nullable Throwable refused;

  HttpEvents(RelayedAnswer answer, ServerSentEventParser.Incremental parser) {
    this.answer = answer;
    this.parser = parser;
  }

  @Override
  public @Nullable HttpStreamingEvent next() throws Exception {
    if (!opened) {
      opened = true;
      return open();
    }
    if (refused != null) {
      throw (Exception) refused;
    }
    while (events.isEmpty()) {
      if (ended) {
        return null;
      }
      more();
    }
    return events.removeFirst();
  }

  private HttpStreamingEvent open() throws Exception {
    try {
      return new HttpResponseReceived(HoldfastHttpClient.response(answer.head()));
    } catch (IOException e) {
      var broken = Errors.find(e);
      var refusal = broken == null ? null : Errors.refusal(broken);
      if (refusal == null) {
        throw (Exception) Errors.of(e);
      }
      refused = Errors.of(e);
      return new HttpErrorResponseReceived(refusal.statusCode(), Map.of());
    }
  }

  private void more() throws Exception {
    int count;
    try {
      count = answer.body().read(piece, 0, PIECE);
    } catch (IOException e) {
      throw (Exception) Errors.of(e);
    }
    ended = count < 0;
    // A copy: a parser may keep the buffer.
    List<ServerSentEvent> whole =
        ended ? parser.flush() : parser.feed(ByteBuffer.wrap(piece.clone(), 0, count));
    for (var event : whole) {
      if (!(answer.hasFailed() && OneTerminal.isError(event))) {
        events.add(event);
      }
    }
  }

  @Override
  public void close() {
    answer.close();
  }
}
