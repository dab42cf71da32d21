package example;

import dev.holdfast.okhttp.HoldfastInterceptor;
import java.io.IOException;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;

/** OkHttp alone; the line with Holdfast is the only one that is not OkHttp's. */
public final class Main {
  public static void main(String[] args) throws IOException {
    var client = HoldfastInterceptor.install(new OkHttpClient());
    String base = System.getenv().getOrDefault("OPENAI_BASE_URL", "https://api.openai.com/v1");
    String body =
        """
        {"model":"gpt-4.1-mini","stream":true,
         "messages":[{"role":"user","content":"Write about lighthouses."}]}""";
    var request =
        new Request.Builder()
            .url(base + "/chat/completions")
            .header("Authorization", "Bearer " + System.getenv("OPENAI_API_KEY"))
            .post(RequestBody.create(body, MediaType.get("application/json")))
            .build();
    try (var response = client.newCall(request).execute()) {
      var lines = response.body().source();
      for (String line = lines.readUtf8Line(); line != null; line = lines.readUtf8Line()) {
        System.out.println(line);
      }
    }
    client.dispatcher().executorService().shutdown();
    client.connectionPool().evictAll();
  }
}
