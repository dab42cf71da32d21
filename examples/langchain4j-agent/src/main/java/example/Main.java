package example;

import dev.holdfast.langchain4j.HoldfastHttpClientBuilder;
import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.TokenStream;
import java.util.concurrent.CompletableFuture;

/** An agent with a tool. The call arrives whole or not at all, however often the stream breaks. */
public final class Main {
  interface Harbourmaster {
    TokenStream ask(String question);
  }

  static final class Tides {
    @Tool("When the tide turns in a port")
    String tideTable(@P("the port") String port) {
      System.out.println("[tideTable " + port + "]");
      return "High water at " + port + " is at 14:05.";
    }
  }

  public static void main(String[] args) {
    var model =
        OpenAiStreamingChatModel.builder()
            .baseUrl(System.getenv().getOrDefault("OPENAI_BASE_URL", "https://api.openai.com/v1"))
            .apiKey(System.getenv("OPENAI_API_KEY"))
            .modelName("gpt-4.1-mini")
            .httpClientBuilder(HoldfastHttpClientBuilder.create())
            .build();
    var agent =
        AiServices.builder(Harbourmaster.class)
            .streamingChatModel(model)
            .tools(new Tides())
            .build();
    var end = new CompletableFuture<ChatResponse>();
    agent
        .ask("When can I leave Brest?")
        .onPartialResponse(text -> {
          System.out.print(text);
          System.out.flush();
        })
        .onCompleteResponse(end::complete)
        .onError(end::completeExceptionally)
        .start();
    System.out.println("\n" + end.join().metadata());
  }
}
