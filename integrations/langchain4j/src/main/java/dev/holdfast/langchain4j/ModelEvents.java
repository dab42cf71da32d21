package dev.holdfast.langchain4j;

import dev.holdfast.client.CompletionStream;
import dev.holdfast.client.PullPublisher;
import dev.holdfast.client.StreamException;
import dev.langchain4j.model.chat.response.ChatModelStreamingEvent;
import dev.langchain4j.model.chat.response.CompleteResponse;
import org.jspecify.annotations.Nullable;

/** One stream in the events of LangChain4j's reactive models, since 1.20.0. */
final class ModelEvents implements PullPublisher.Source<ChatModelStreamingEvent> {
  private final CompletionStream stream;
  private final ResponseMapper responses = new ResponseMapper();
  private boolean over;

  ModelEvents(CompletionStream stream) {
    this.stream = stream;
  }

  @Override
  public @Nullable ChatModelStreamingEvent next() {
    while (!over) {
      var event = stream.next().orElse(null);
      if (event == null) {
        over = true;
        return new CompleteResponse(complete());
      }
      if (responses.of(event) instanceof ChatModelStreamingEvent mapped) {
        return mapped;
      }
    }
    return null;
  }

  private dev.langchain4j.model.chat.response.ChatResponse complete() {
    try {
      return responses.complete(stream.outcome().requireComplete());
    } catch (StreamException e) {
      throw Errors.of(e);
    }
  }

  @Override
  public void close() {
    stream.close();
  }
}
