package example;

import com.google.genai.Client;
import com.google.genai.types.ClientOptions;
import dev.holdfast.okhttp.HoldfastInterceptor;
import okhttp3.OkHttpClient;

/** Google's SDK; the line with Holdfast is the only one that is not OkHttp's or the SDK's. */
public final class Main {
  public static void main(String[] args) {
    var http = HoldfastInterceptor.install(new OkHttpClient());
    var options = ClientOptions.builder().customHttpClient(http).build();
    try (var client = Client.builder().clientOptions(options).build();
        var stream =
            client.models.generateContentStream(
                "gemini-2.5-flash", "Write about lighthouses.", null)) {
      for (var chunk : stream) {
        String text = chunk.text();
        if (text != null) {
          System.out.print(text);
          System.out.flush();
        }
      }
    }
    System.out.println();
    http.dispatcher().executorService().shutdown();
    http.connectionPool().evictAll();
  }
}
