package dev.holdfast.okhttp;

import com.google.genai.Client;
import com.google.genai.types.ClientOptions;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.client.okhttp.OpenAIOkHttpClientAsync;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.holdfast.client.relay.StreamRelay;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.server.FaultServer;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;

/**
 * The hosts of {@link HoldfastInterceptor}, each with a stream under way and its own way to end it.
 */
enum Hosts {
  OKHTTP {
    @Override
    Stream start(FaultServer server, Runnable heard, int retries) throws Exception {
      var plain = new OkHttpClient();
      var client = plain.newBuilder().addInterceptor(interceptor(plain)).build();
      String json =
          "{\"model\":\"gpt-4.1\",\"stream\":true,\"messages\":"
              + "[{\"role\":\"user\",\"content\":\"Tell me about the harbour.\"}]}";
      var call =
          client.newCall(
              new Request.Builder()
                  .url(server.baseUrl() + "/chat/completions")
                  .post(RequestBody.create(json, MediaType.get("application/json")))
                  .build());
      var ended =
          reading(() -> {
            try (var response = call.execute()) {
              if (!response.isSuccessful()) {
                throw new IllegalStateException("status " + response.code());
              }
              var source = Objects.requireNonNull(response.body()).source();
              for (String line = source.readUtf8Line(); line != null; ) {
                if (line.startsWith("data:")) {
                  heard.run();
                }
                line = source.readUtf8Line();
              }
            }
          });
      return new Stream(call::cancel, ended);
    }
  },

  OPENAI_JAVA {
    @Override
    Stream start(FaultServer server, Runnable heard, int retries) {
      var client =
          OpenAIOkHttpClient.builder()
              .apiKey("key")
              .baseUrl(server.baseUrl().toString())
              .maxRetries(retries)
              .addInterceptor(interceptor(new OkHttpClient()))
              .build();
      var opened = new CompletableFuture<AutoCloseable>();
      var ended =
          reading(() -> {
            try (var stream = client.chat().completions().createStreaming(chat())) {
              opened.complete(stream);
              stream.stream().forEach(chunk -> heard.run());
            }
          });
      return new Stream(() -> opened.join().close(), ended);
    }
  },

  OPENAI_JAVA_ASYNC {
    @Override
    Stream start(FaultServer server, Runnable heard, int retries) {
      var client =
          OpenAIOkHttpClientAsync.builder()
              .apiKey("key")
              .baseUrl(server.baseUrl().toString())
              .maxRetries(retries)
              .addInterceptor(interceptor(new OkHttpClient()))
              .build();
      var ended = new CompletableFuture<Void>();
      var stream = client.chat().completions().createStreaming(chat());
      stream.subscribe(
          new AsyncStreamResponse.Handler<ChatCompletionChunk>() {
            @Override
            public void onNext(ChatCompletionChunk chunk) {
              heard.run();
            }

            @Override
            public void onComplete(Optional<Throwable> error) {
              error.ifPresentOrElse(ended::completeExceptionally, () -> ended.complete(null));
            }
          });
      return new Stream(stream::close, ended);
    }
  },

  GOOGLE_GENAI {
    @Override
    Stream start(FaultServer server, Runnable heard, int retries) {
      var plain = new OkHttpClient();
      var http = plain.newBuilder().addInterceptor(interceptor(plain)).build();
      var client =
          Client.builder()
              .apiKey("key")
              .httpOptions(
                  HttpOptions.builder()
                      .baseUrl(server.baseUrl(Protocol.GEMINI_SSE).toString())
                      .retryOptions(
                          HttpRetryOptions.builder().attempts(retries + 1).initialDelay(0.01))
                      .build())
              .clientOptions(ClientOptions.builder().customHttpClient(http).build())
              .build();
      var opened = new CompletableFuture<AutoCloseable>();
      var ended =
          reading(() -> {
            try (var stream =
                client.models.generateContentStream(
                    "gemini-2.5-flash", "Tell me about the harbour.", null)) {
              opened.complete(stream);
              for (var chunk : stream) {
                if (chunk.text() != null) {
                  heard.run();
                }
              }
            }
          });
      return new Stream(() -> opened.join().close(), ended);
    }
  },

  SPRING_AI {
    @Override
    Stream start(FaultServer server, Runnable heard, int retries) {
      var options =
          OpenAiChatOptions.builder()
              .baseUrl(server.baseUrl().toString())
              .apiKey("key")
              .model("gpt-4.1")
              .maxRetries(retries)
              .build();
      var model =
          OpenAiChatModel.builder()
              .options(options)
              .httpClientBuilderCustomizer(
                  http -> http.interceptor(interceptor(new OkHttpClient())))
              .build();
      var ended = new CompletableFuture<Void>();
      var subscription =
          model.stream(new Prompt("Tell me about the harbour.", options))
              .doOnCancel(() -> ended.complete(null))
              .subscribe(
                  response -> heard.run(),
                  ended::completeExceptionally,
                  () -> ended.complete(null));
      return new Stream(subscription::dispose, ended);
    }
  };

  /** {@return the drop-in with delays that need no waiting} */
  static HoldfastInterceptor interceptor(OkHttpClient client) {
    var retry = RetryPolicy.DEFAULT.withDelays(Duration.ofMillis(1), Duration.ofMillis(2));
    var relay = StreamRelay.builder().policy(StreamPolicy.DEFAULT.withRetry(retry)).build();
    return HoldfastInterceptor.create(relay, client);
  }

  /** A stream under way. */
  record Stream(AutoCloseable cancel, CompletableFuture<Void> ended) {}

  /** Reads until it is ended. */
  interface Reading {
    void run() throws Exception;
  }

  /**
   * {@return a stream that has been started}
   *
   * @param heard called with each event
   * @param retries how often the host itself may send a request again
   */
  abstract Stream start(FaultServer server, Runnable heard, int retries) throws Exception;

  private static ChatCompletionCreateParams chat() {
    return ChatCompletionCreateParams.builder()
        .model("gpt-4.1")
        .addUserMessage("Tell me about the harbour.")
        .temperature(0)
        .build();
  }

  private static CompletableFuture<Void> reading(Reading reading) {
    var ended = new CompletableFuture<Void>();
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            reading.run();
            ended.complete(null);
          } catch (Throwable e) {
            ended.completeExceptionally(e);
          }
        });
    return ended;
  }
}
