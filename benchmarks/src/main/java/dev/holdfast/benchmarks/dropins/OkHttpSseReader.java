package dev.holdfast.benchmarks.dropins;

import dev.holdfast.okhttp.HoldfastInterceptor;
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

/** okhttp-sse: events as strings, unparsed. What is read least, and so costs least. */
final class OkHttpSseReader implements SdkReader {
  private static final RequestBody BODY =
      RequestBody.create(
          "{\"model\":\"gpt-4.1\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Go\"}]}",
          MediaType.get("application/json"));

  private final Request request;
  private final EventSource.Factory events;
  private final OkHttpClient client;

  OkHttpSseReader(String baseUrl, boolean held) {
    var plain = new OkHttpClient();
    plain.dispatcher().setMaxRequestsPerHost(1000);
    plain.dispatcher().setMaxRequests(1000);
    client = held ? HoldfastInterceptor.install(plain) : plain;
    request = new Request.Builder().url(baseUrl + "/chat/completions").post(BODY).build();
    events = EventSources.createFactory(client);
  }

  @Override
  public long read() throws Exception {
    var ended = new CompletableFuture<Long>();
    EventSource unused =
        events.newEventSource(
            request,
            new EventSourceListener() {
              private long count;

              @Override
              public void onEvent(
                  EventSource source, @Nullable String id, @Nullable String type, String data) {
                count++;
              }

              @Override
              public void onClosed(EventSource source) {
                ended.complete(count);
              }

              @Override
              public void onFailure(
                  EventSource source, @Nullable Throwable thrown, @Nullable Response response) {
                ended.completeExceptionally(
                    thrown == null ? new IllegalStateException("refused") : thrown);
              }
            });
    return ended.get();
  }

  @Override
  public void close() {
    client.dispatcher().executorService().shutdown();
    client.connectionPool().evictAll();
  }
}
