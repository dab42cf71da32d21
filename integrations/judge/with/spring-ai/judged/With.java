package judged;

import dev.holdfast.okhttp.HoldfastInterceptor;
import okhttp3.OkHttpClient;
import org.springframework.ai.openai.OpenAiChatModel;

/** The wiring of Spring AI's OpenAI model: one line. */
public final class With {
  public static Object holdfast(Object builder) {
    var holdfast = HoldfastInterceptor.create(Clocks.relay(), new OkHttpClient());
    return ((OpenAiChatModel.Builder) builder)
        .httpClientBuilderCustomizer(http -> http.interceptor(holdfast));
  }
}
