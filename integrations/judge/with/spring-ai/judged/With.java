package judged;

import com.openai.client.OpenAIClientAsyncImpl;
import com.openai.client.OpenAIClientImpl;
import com.openai.client.okhttp.OkHttpClient;
import com.openai.core.ClientOptions;
import dev.holdfast.openai.HoldfastHttpClient;
import org.springframework.ai.openai.OpenAiChatModel;

/** The wiring of Spring AI's OpenAI model without Spring Boot: three lines. */
public final class With {
  public static Object holdfast(Object builder) {
    var http = HoldfastHttpClient.over(OkHttpClient.builder().build(), Clocks.relay());
    var options = ClientOptions.builder().httpClient(http).baseUrl(Contract.baseUrl()).apiKey("none").build();
    return ((OpenAiChatModel.Builder) builder)
        .openAiClient(new OpenAIClientImpl(options)).openAiClientAsync(new OpenAIClientAsyncImpl(options));
  }
}
