package dev.holdfast.langchain4j;

import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.model.anthropic.AnthropicStreamingChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.googleai.GoogleAiGeminiStreamingChatModel;
import dev.langchain4j.model.mistralai.MistralAiStreamingChatModel;
import dev.langchain4j.model.ollama.OllamaStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** LangChain4j's modules for providers. */
enum Module {
  OPEN_AI {
    @Override
    StreamingChatModel model(URI origin, HttpClientBuilder http, @Nullable Duration timeout) {
      return OpenAiStreamingChatModel.builder()
          .baseUrl(origin + "/v1")
          .apiKey("key")
          .modelName("gpt-4.1")
          .temperature(0.0)
          .httpClientBuilder(http)
          .timeout(timeout)
          .build();
    }
  },
  ANTHROPIC {
    @Override
    StreamingChatModel model(URI origin, HttpClientBuilder http, @Nullable Duration timeout) {
      return AnthropicStreamingChatModel.builder()
          .baseUrl(origin + "/v1")
          .apiKey("key")
          .modelName("claude-sonnet-4-5")
          .temperature(0.0)
          .maxTokens(4096)
          .httpClientBuilder(http)
          .timeout(timeout)
          .build();
    }
  },
  GEMINI {
    @Override
    StreamingChatModel model(URI origin, HttpClientBuilder http, @Nullable Duration timeout) {
      return GoogleAiGeminiStreamingChatModel.builder()
          .baseUrl(origin + "/v1beta")
          .apiKey("key")
          .modelName("gemini-2.5-flash")
          .temperature(0.0)
          .httpClientBuilder(http)
          .timeout(timeout)
          .build();
    }
  },
  OLLAMA {
    @Override
    StreamingChatModel model(URI origin, HttpClientBuilder http, @Nullable Duration timeout) {
      return OllamaStreamingChatModel.builder()
          .baseUrl(origin.toString())
          .modelName("llama3.2")
          .temperature(0.0)
          .httpClientBuilder(http)
          .timeout(timeout)
          .build();
    }
  },
  MISTRAL {
    @Override
    StreamingChatModel model(URI origin, HttpClientBuilder http, @Nullable Duration timeout) {
      return MistralAiStreamingChatModel.builder()
          .baseUrl(origin + "/v1")
          .apiKey("key")
          .modelName("mistral-small-latest")
          .temperature(0.0)
          .httpClientBuilder(http)
          .timeout(timeout)
          .build();
    }
  };

  /** {@return the module's streaming model; with LangChain4j's own timeout where it is null} */
  abstract StreamingChatModel model(URI origin, HttpClientBuilder http, @Nullable Duration timeout);
}
