package dev.holdfast.benchmarks.journal;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Fifty streams of a Durable Streams server, each with one reader over server-sent events, to which
 * appends of 220 bytes are posted in turns. An append has the time of its posting in its text.
 */
final class DurableLoad {
  private static final int STREAMS = 50;

  /** Appends that have not been answered; more wait, and their wait counts. */
  private static final int UNANSWERED = 400;

  private static final String MARK = "sent ";
  private static final String PADDING =
      " ".repeat(JournalBenchmark.EVENT_BYTES - MARK.length() - 20) + "\n";
  private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final String name;
  private final URI server;
  private int runs;

  DurableLoad(String name, URI server) {
    this.name = name;
    this.server = server;
  }

  /** What one window's readers received. */
  private static final class Window {
    private final long[] nanos = new long[1 << 20];
    private final AtomicInteger received = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final Semaphore unanswered = new Semaphore(UNANSWERED);
    private final List<InputStream> bodies = new ArrayList<>();

    /** A client of its own: a server closes connections that wait for the next window. */
    private final HttpClient client =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    void read(InputStream body) {
      try (var lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          int mark = line.indexOf(MARK);
          if (mark >= 0) {
            long sent = Long.parseLong(line.substring(mark + MARK.length()).strip());
            nanos[received.getAndIncrement()] = System.nanoTime() - sent;
          }
        }
      } catch (IOException e) {
        // The window has ended, and its readers with it.
      }
    }
  }

  /** {@return the figures of a window in one line} */
  String run(int rate, int seconds) throws IOException, InterruptedException {
    var window = new Window();
    var streams = new ArrayList<URI>();
    runs++;
    for (int i = 0; i < STREAMS; i++) {
      var stream = server.resolve("/v1/stream/load-" + runs + "-" + i);
      streams.add(stream);
      expect(window.client.send(text(stream).PUT(BodyPublishers.noBody()).build(), discard()), 201);
      var follow = HttpRequest.newBuilder(URI.create(stream + "?offset=-1&live=sse")).build();
      var response = window.client.send(follow, BodyHandlers.ofInputStream());
      expect(response, 200);
      window.bodies.add(response.body());
      Thread.ofVirtual().start(() -> window.read(response.body()));
    }
    int events = 0;
    long start = System.nanoTime();
    long end = start + TimeUnit.SECONDS.toNanos(seconds);
    for (int i = 0; i < rate * seconds && System.nanoTime() < end; i++) {
      long due = start + i * TimeUnit.SECONDS.toNanos(1) / rate;
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      post(window, streams.get(i % STREAMS));
      events++;
    }
    double took = (System.nanoTime() - start) / 1e9;
    long patience = System.nanoTime() + SETTLE_NANOS;
    while (window.received.get() < events && System.nanoTime() < patience) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
    for (var body : window.bodies) {
      body.close();
    }
    window.client.shutdownNow();
    return line(window, rate, events, took);
  }

  private void post(Window window, URI stream) throws InterruptedException {
    long now = System.nanoTime();
    window.unanswered.acquire();
    var request = text(stream).POST(BodyPublishers.ofString(MARK + now + PADDING)).build();
    var unused =
        window
            .client
            .sendAsync(request, discard())
            .whenComplete((response, failure) -> {
              window.unanswered.release();
              if (failure != null || response.statusCode() >= 300) {
                window.refused.incrementAndGet();
              }
            });
  }

  private static HttpRequest.Builder text(URI stream) {
    return HttpRequest.newBuilder(stream).header("Content-Type", "text/plain");
  }

  private static HttpResponse.BodyHandler<Void> discard() {
    return BodyHandlers.discarding();
  }

  private static void expect(HttpResponse<?> response, int status) throws IOException {
    if (response.statusCode() != status) {
      throw new IOException(
          response.uri() + ": must be answered " + status + ", was " + response.statusCode());
    }
  }

  private String line(Window window, int rate, int events, double took) {
    int count = window.received.get();
    var sorted = Arrays.copyOf(window.nanos, count);
    Arrays.sort(sorted);
    return String.format(
        Locale.ROOT,
        "%-16s %,6d/s asked, %,6.0f/s posted: p50 %.2f ms, p99 %.2f ms, max %.1f ms (%d of %d, %d refused)",
        name,
        rate,
        events / took,
        count == 0 ? Double.NaN : sorted[count / 2] / 1e6,
        count == 0 ? Double.NaN : sorted[(int) (count * 0.99)] / 1e6,
        count == 0 ? Double.NaN : sorted[count - 1] / 1e6,
        count,
        events,
        window.refused.get());
  }
}
