package dev.holdfast.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A handler that keeps what it received. */
final class Heard implements StreamingChatResponseHandler {
  final StringBuilder text = new StringBuilder();
  final List<ToolExecutionRequest> calls = new CopyOnWriteArrayList<>();
  final AtomicInteger terminals = new AtomicInteger();
  final CompletableFuture<ChatResponse> end = new CompletableFuture<>();
  final CompletableFuture<StreamingHandle> handle = new CompletableFuture<>();

  @Override
  public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
    text.append(part.text());
    handle.complete(context.streamingHandle());
  }

  @Override
  public void onCompleteToolCall(CompleteToolCall call) {
    calls.add(call.toolExecutionRequest());
  }

  @Override
  public void onCompleteResponse(ChatResponse response) {
    terminals.incrementAndGet();
    end.complete(response);
  }

  @Override
  public void onError(Throwable error) {
    terminals.incrementAndGet();
    end.completeExceptionally(error);
  }

  /** {@return the error that ended the stream} */
  Throwable error() {
    return end.handle((response, error) -> error).join();
  }
}
