package example;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.langchain4j.HoldfastStreamingChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** All there is about Holdfast: a model that takes the place of the extension's. */
final class Models {
  @Produces
  @Singleton
  StreamingChatModel whole(
      @ConfigProperty(name = "quarkus.langchain4j.openai.base-url") String url,
      @ConfigProperty(name = "quarkus.langchain4j.openai.api-key") String key) {
    var holdfast = Holdfast.builder().upstream(Upstream.of("openai-chat", url, key)).build();
    return HoldfastStreamingChatModel.over(holdfast).modelName("gpt-4.1-mini").build();
  }
}
