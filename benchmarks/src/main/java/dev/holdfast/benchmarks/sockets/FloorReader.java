package dev.holdfast.benchmarks.sockets;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.Flow;

/** The floor: the JDK's client and a look at each line. No JSON, no proof, no clock. */
final class FloorReader implements StreamReader {
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI uri;

  FloorReader(int port) {
    uri = URI.create("http://127.0.0.1:" + port + "/v1/chat/completions");
  }

  @Override
  public void read(int events, int rate, EventCount count) {
    var request =
        HttpRequest.newBuilder(uri)
            .header("Content-Type", "application/json")
            .header("x-bench", StreamReader.bench(events, rate))
            .POST(HttpRequest.BodyPublishers.ofString(StreamReader.body()))
            .build();
    var unused =
        client
            .sendAsync(request, HttpResponse.BodyHandlers.fromLineSubscriber(new Lines(count)))
            .join();
  }

  private record Lines(EventCount count) implements Flow.Subscriber<String> {
    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(String line) {
      if (line.startsWith("data: {")) {
        count.take(line);
      }
    }

    @Override
    public void onError(Throwable thrown) {
      // The response reports it.
    }

    @Override
    public void onComplete() {
      // The response reports it.
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
