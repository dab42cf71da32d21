package dev.holdfast.benchmarks.sockets;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** The floor: the JDK's client and a look at each line. No JSON, no proof, no clock. */
final class FloorReader implements StreamReader {
  /** What the JDK reports if it hands the head of a response to the pool (JDK-8357639). */
  private static final String MISLAID = "Data received while in pool";

  private static final int MOST_REPEATS = 3;

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
    int repeats = 0;
    while (!isRead(request, count, repeats == MOST_REPEATS)) {
      repeats++;
    }
  }

  /**
   * Reads an answer, unless the JDK mislays its head: then no line of it has come.
   *
   * @param isLast whether that fails the reading
   */
  private boolean isRead(HttpRequest request, EventCount count, boolean isLast) {
    try {
      var unused =
          client
              .sendAsync(request, HttpResponse.BodyHandlers.fromLineSubscriber(new Lines(count)))
              .join();
      return true;
    } catch (CompletionException e) {
      if (isLast || !isMislaid(e)) {
        throw e;
      }
      return false;
    }
  }

  private static boolean isMislaid(Throwable thrown) {
    for (@Nullable Throwable link = thrown; link != null; link = link.getCause()) {
      if (MISLAID.equals(link.getMessage())) {
        return true;
      }
    }
    return false;
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
