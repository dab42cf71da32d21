package judged;

import com.openai.client.okhttp.OpenAIOkHttpClient;
import dev.holdfast.okhttp.HoldfastInterceptor;
import okhttp3.OkHttpClient;

/** The wiring of openai-java: one line. */
public final class With {
  public static Object holdfast(Object builder) {
    return ((OpenAIOkHttpClient.Builder) builder)
        .addInterceptor(HoldfastInterceptor.create(Clocks.relay(), new OkHttpClient()));
  }
}
