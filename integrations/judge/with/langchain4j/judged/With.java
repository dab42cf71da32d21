package judged;

import dev.holdfast.langchain4j.HoldfastHttpClientBuilder;
import dev.langchain4j.model.anthropic.AnthropicStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;

/** The wiring of LangChain4j's models: one line. */
public final class With {
  public static Object holdfast(Object builder) {
    var http = HoldfastHttpClientBuilder.create().policy(Clocks.policy());
    return builder instanceof AnthropicStreamingChatModel.AnthropicStreamingChatModelBuilder model
        ? model.httpClientBuilder(http)
        : ((OpenAiStreamingChatModel.OpenAiStreamingChatModelBuilder) builder)
            .httpClientBuilder(http);
  }
}
