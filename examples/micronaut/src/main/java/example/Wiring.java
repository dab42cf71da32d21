package example;

import dev.holdfast.langchain4j.HoldfastHttpClientBuilder;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel.OpenAiStreamingChatModelBuilder;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import jakarta.inject.Singleton;

/** All there is about Holdfast: one line for every builder of a model. */
@Singleton
class Wiring implements BeanCreatedEventListener<OpenAiStreamingChatModelBuilder> {
  @Override
  public OpenAiStreamingChatModelBuilder onCreated(BeanCreatedEvent<OpenAiStreamingChatModelBuilder> event) {
    return event.getBean().httpClientBuilder(HoldfastHttpClientBuilder.create());
  }
}
