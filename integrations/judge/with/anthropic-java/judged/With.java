package judged;

import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import dev.holdfast.anthropic.HoldfastAnthropicInterceptor;

/** The wiring of anthropic-java: one line. */
public final class With {
  public static Object holdfast(Object builder) {
    return ((AnthropicOkHttpClient.Builder) builder)
        .addInterceptor(HoldfastAnthropicInterceptor.create(Clocks.relay()));
  }
}
