package dev.holdfast.benchmarks;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientImpl;
import com.openai.core.ClientOptions;
import com.openai.core.RequestOptions;
import com.openai.core.http.Headers;
import com.openai.core.http.HttpClient;
import com.openai.core.http.HttpRequest;
import com.openai.core.http.HttpResponse;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import java.io.InputStream;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** The official SDK's typed stream, whose HTTP client gives a body from memory. */
final class OpenAiTypedTask implements Task {
  private static final ChatCompletionCreateParams PARAMS =
      ChatCompletionCreateParams.builder().model("gpt-4o").addUserMessage("hello").build();

  private final OpenAIClient client;

  OpenAiTypedTask(byte[] body, int readSize) {
    client =
        new OpenAIClientImpl(
            ClientOptions.builder()
                .httpClient(new InMemory(() -> new SocketLikeStream(body, readSize)))
                .apiKey("none")
                .baseUrl("http://localhost/v1")
                .build());
  }

  @Override
  public Found pass() {
    long events = 0;
    long sum = 0;
    try (StreamResponse<ChatCompletionChunk> chunks =
        client.chat().completions().createStreaming(PARAMS)) {
      for (Iterator<ChatCompletionChunk> each = chunks.stream().iterator(); each.hasNext(); ) {
        ChatCompletionChunk.Choice choice = each.next().choices().getFirst();
        String text = choice.delta().content().orElse("");
        if (!text.isEmpty()) {
          events++;
          sum += text.length() + text.charAt(0);
        }
        sum += choice.finishReason().isPresent() ? FINISH : 0;
      }
    }
    return new Found(events, sum);
  }

  private record InMemory(Supplier<InputStream> body) implements HttpClient {
    @Override
    public HttpResponse execute(HttpRequest request, RequestOptions options) {
      return new Answer(body.get());
    }

    @Override
    public CompletableFuture<HttpResponse> executeAsync(
        HttpRequest request, RequestOptions options) {
      return CompletableFuture.completedFuture(execute(request, options));
    }

    @Override
    public void close() {}
  }

  private record Answer(InputStream body) implements HttpResponse {
    @Override
    public int statusCode() {
      return 200;
    }

    @Override
    public Headers headers() {
      return Headers.builder().put("Content-Type", "text/event-stream").build();
    }

    @Override
    public void close() {}
  }
}
