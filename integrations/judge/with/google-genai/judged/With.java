package judged;

import com.google.genai.Client;
import com.google.genai.types.ClientOptions;
import dev.holdfast.okhttp.HoldfastInterceptor;
import okhttp3.OkHttpClient;

/** The wiring of google-genai: two lines. */
public final class With {
  public static Object holdfast(Object builder) {
    var http = new OkHttpClient();
    http = http.newBuilder().addInterceptor(HoldfastInterceptor.create(Clocks.relay(), http)).build();
    return ((Client.Builder) builder)
        .clientOptions(ClientOptions.builder().customHttpClient(http).build());
  }
}
