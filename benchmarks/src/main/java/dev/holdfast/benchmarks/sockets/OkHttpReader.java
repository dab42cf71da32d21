package dev.holdfast.benchmarks.sockets;

import java.util.concurrent.CompletableFuture;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.sse.EventSource;
import okhttp3.sse.EventSourceListener;
import okhttp3.sse.EventSources;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** okhttp-sse, a thread a stream; Jackson's pull parser takes the text out of each event. */
final class OkHttpReader implements StreamReader {
  private static final JsonFactory JSON = new JsonFactory();

  private final OkHttpClient client = new OkHttpClient();
  private final EventSource.Factory events = EventSources.createFactory(client);
  private final String url;

  OkHttpReader(int port) {
    client.dispatcher().setMaxRequests(10_000);
    client.dispatcher().setMaxRequestsPerHost(10_000);
    url = "http://127.0.0.1:" + port + "/v1/chat/completions";
  }

  @Override
  public void read(int events, int rate, EventCount count) {
    var request =
        new Request.Builder()
            .url(url)
            .header("x-bench", StreamReader.bench(events, rate))
            .post(RequestBody.create(StreamReader.body(), MediaType.get("application/json")))
            .build();
    var ended = new CompletableFuture<Void>();
    EventSource unused = this.events.newEventSource(request, new Listener(count, ended));
    ended.join();
  }

  private static final class Listener extends EventSourceListener {
    private final EventCount count;
    private final CompletableFuture<Void> ended;

    Listener(EventCount count, CompletableFuture<Void> ended) {
      this.count = count;
      this.ended = ended;
    }

    @Override
    public void onEvent(
        EventSource source, @Nullable String id, @Nullable String type, String data) {
      String text = data.startsWith("{") ? text(data) : "";
      if (!text.isEmpty()) {
        count.take(text);
      }
    }

    @Override
    public void onClosed(EventSource source) {
      ended.complete(null);
    }

    @Override
    public void onFailure(
        EventSource source, @Nullable Throwable thrown, @Nullable Response response) {
      ended.completeExceptionally(thrown == null ? new IllegalStateException("refused") : thrown);
    }
  }

  private static String text(String data) {
    String text = "";
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), data)) {
      for (var token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.VALUE_STRING && "content".equals(parser.currentName())) {
          text = parser.getString();
        }
      }
    }
    return text;
  }

  @Override
  public void close() {
    client.dispatcher().cancelAll();
    client.dispatcher().executorService().shutdown();
  }
}
