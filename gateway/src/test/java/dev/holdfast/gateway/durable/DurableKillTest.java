package dev.holdfast.gateway.durable;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The process is killed under load; producers repeat what was not answered. */
@Timeout(300)
class DurableKillTest {
  private static final int KILLS = 6;
  private static final int PRODUCERS = 4;

  @TempDir Path directory;

  private final HttpClient client = HttpClient.newHttpClient();

  /** A process with its port. */
  private record Child(Process process, int port) {}

  private Child start() throws IOException {
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                KilledGateway.class.getName(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    var reader =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
    return new Child(process, Integer.parseInt(reader.readLine()));
  }

  /** One producer: its epoch stays, and each append is sent until it is answered. */
  private int produce(int port, String name, int sequence) throws InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/stream/log"))
            .timeout(Duration.ofSeconds(30))
            .header("content-type", "text/plain")
            .header("producer-id", name)
            .header("producer-epoch", "0")
            .header("producer-seq", String.valueOf(sequence))
            .POST(HttpRequest.BodyPublishers.ofString(name + sequence + " "))
            .build();
    try {
      int status = client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
      assertThat(status).isIn(200, 204, 503);
      return status;
    } catch (IOException e) {
      return -1; // Killed.
    }
  }

  @Test
  void eachAppendIsThereOnceAndInOrder() throws Exception {
    var random = new SplittableRandom(11);
    var next = new AtomicInteger[PRODUCERS];
    for (int i = 0; i < PRODUCERS; i++) {
      next[i] = new AtomicInteger();
    }
    for (int kill = 0; kill < KILLS; kill++) {
      var child = start();
      put(child.port());
      int until = 20 + random.nextInt(200);
      var answered = new AtomicInteger();
      try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Callable<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < PRODUCERS; i++) {
          int producer = i;
          tasks.add(() -> {
            while (true) {
              int status = produce(child.port(), "p" + producer + ":", next[producer].get());
              if (status < 0) {
                return null;
              }
              if (status != 503) {
                next[producer].incrementAndGet();
                if (answered.incrementAndGet() >= until) {
                  child.process().destroyForcibly();
                }
              }
            }
          });
        }
        for (var task : pool.invokeAll(tasks)) {
          task.get();
        }
      }
      child.process().waitFor();
    }
    var child = start();
    try {
      String text = read(child.port());
      for (int i = 0; i < PRODUCERS; i++) {
        String name = "p" + i + ":";
        var found = new ArrayList<Integer>();
        for (String word : text.strip().split(" ", -1)) {
          if (word.startsWith(name)) {
            found.add(Integer.parseInt(word.substring(name.length())));
          }
        }
        int acknowledged = next[i].get();
        assertThat(found).as(name).hasSizeBetween(acknowledged, acknowledged + 1);
        for (int k = 0; k < found.size(); k++) {
          assertThat(found.get(k)).isEqualTo(k);
        }
      }
    } finally {
      child.process().destroyForcibly().waitFor();
    }
  }

  private void put(int port) throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/stream/log"))
            .header("content-type", "text/plain")
            .PUT(HttpRequest.BodyPublishers.noBody())
            .build();
    assertThat(client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode())
        .isIn(200, 201);
  }

  private String read(int port) throws IOException, InterruptedException {
    var text = new StringBuilder();
    String offset = "-1";
    while (true) {
      var request =
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + port + "/v1/stream/log?offset=" + offset))
              .build();
      var page = client.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(page.statusCode()).isEqualTo(200);
      text.append(page.body());
      offset = page.headers().firstValue("stream-next-offset").orElseThrow();
      if (page.headers().firstValue("stream-up-to-date").isPresent()) {
        return text.toString();
      }
    }
  }
}
