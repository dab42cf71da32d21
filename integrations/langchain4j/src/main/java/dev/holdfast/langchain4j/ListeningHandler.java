package dev.holdfast.langchain4j;

import dev.holdfast.client.Outcome;
import dev.holdfast.client.StreamException;
import dev.holdfast.client.StreamListener;
import dev.holdfast.core.stream.StreamEvent;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.PartialThinking;
import dev.langchain4j.model.chat.response.PartialThinkingContext;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.PartialToolCallContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import org.jspecify.annotations.Nullable;

/** Calls LangChain4j's handler for one stream. */
final class ListeningHandler implements StreamListener {
  private final StreamingChatResponseHandler handler;
  private final StreamHandle handle;
  private final ResponseMapper responses = new ResponseMapper();
  private @Nullable RuntimeException thrown;

  ListeningHandler(StreamingChatResponseHandler handler, StreamHandle handle) {
    this.handler = handler;
    this.handle = handle;
  }

  @Override
  public void onToken(String text) {
    // Everything is handled as an event.
  }

  @Override
  public void onEvent(StreamEvent event) {
    if (handle.isCancelled()) {
      return;
    }
    try {
      pass(event);
    } catch (RuntimeException e) {
      thrown = e;
      throw e; // Cancels the stream.
    }
  }

  private void pass(StreamEvent event) {
    switch (responses.of(event)) {
      case PartialResponse part ->
          handler.onPartialResponse(part, new PartialResponseContext(handle));
      case PartialThinking part ->
          handler.onPartialThinking(part, new PartialThinkingContext(handle));
      case PartialToolCall part ->
          handler.onPartialToolCall(part, new PartialToolCallContext(handle));
      case CompleteToolCall call -> handler.onCompleteToolCall(call);
      case null, default -> {} // Nothing of LangChain4j's.
    }
  }

  @Override
  public void onComplete(Outcome outcome) {
    if (thrown != null) {
      handler.onError(thrown);
      return;
    }
    if (handle.isCancelled()) {
      return;
    }
    ChatResponse response;
    try {
      response = responses.complete(outcome.requireComplete());
    } catch (StreamException e) {
      handler.onError(Errors.of(e));
      return;
    } catch (RuntimeException e) {
      handler.onError(e); // Longer than the memory limit.
      return;
    }
    handler.onCompleteResponse(response);
  }
}
