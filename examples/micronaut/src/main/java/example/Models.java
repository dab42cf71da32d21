package example;

import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel.OpenAiStreamingChatModelBuilder;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.EachBean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Primary;
import io.micronaut.context.annotation.Property;

/** The beans that micronaut-langchain4j-openai makes of the same properties; with it, leave this out. */
@Factory
class Models {
  @Bean
  @Primary
  OpenAiStreamingChatModelBuilder builder(
      @Property(name = "langchain4j.open-ai.base-url") String url,
      @Property(name = "langchain4j.open-ai.api-key") String key) {
    return OpenAiStreamingChatModel.builder().baseUrl(url).apiKey(key).modelName("gpt-4.1-mini");
  }

  @EachBean(OpenAiStreamingChatModelBuilder.class)
  @Bean(typed = StreamingChatModel.class)
  StreamingChatModel model(OpenAiStreamingChatModelBuilder builder) {
    return builder.build();
  }
}
