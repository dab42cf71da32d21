package dev.holdfast.benchmarks.gateway;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Whether the time of a 404 reveals that a stream exists: a caller asks for streams that are
 * unknown, expired, another key's and finished, and another key's and live, in turns over one
 * connection. Prints the times of each kind. Exit code 1 if the median of a kind is more than a
 * tenth from that of unknown streams, or if two answers differ.
 *
 * <p>Arguments, all optional, as {@code name=number}: {@code requests} of each kind, {@code seed}
 * of the order.
 */
public final class RefusalTimes implements AutoCloseable {
  private static final double GOAL = 0.1;
  private static final int STREAMS = 200;
  private static final int TTL_SECONDS = 20;
  private static final int WARM = 20_000;
  private static final String OWNER = "hfk_benchmark-of-the-owner-" + "0123456789abcdef".repeat(2);
  private static final String OTHER =
      "hfk_benchmark-of-another-key-" + "0123456789abcdef".repeat(2);
  private static final List<String> KINDS =
      List.of("unknown", "expired", "another key's, finished", "another key's, live");

  private final Random random;
  private final Path journal = Files.createTempDirectory("holdfast-refusals");
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<HttpResponse<?>> live = new ArrayList<>();
  private final Child upstream;
  private final Child gateway;
  private final URI base;

  private RefusalTimes(long seed) throws IOException {
    random = new Random(seed);
    String classes = System.getProperty("java.class.path");
    var small = List.of("-XX:+UseSerialGC", "-Xmx512m", "--enable-native-access=ALL-UNNAMED");
    upstream = Child.start("upstream", Child.java(classes, EventServer.class, small));
    gateway =
        GatewayProcess.start(
            GatewayBenchmark.SMALL_HEAP,
            Integer.parseInt(upstream.line()),
            1,
            List.of(
                GatewayProcess.JOURNAL + journal,
                GatewayProcess.TTL + TTL_SECONDS,
                "owner:" + OWNER + ":0",
                "other:" + OTHER + ":0"));
    base = URI.create("http://127.0.0.1:" + gateway.line());
  }

  /** Runs it. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    var settings = GatewayBenchmark.settings(arguments);
    int requests = Integer.parseInt(settings.getOrDefault("requests", "20000"));
    long seed = Long.parseLong(settings.getOrDefault("seed", Long.toString(System.nanoTime())));
    System.out.println("seed=" + seed);
    boolean met;
    try (var times = new RefusalTimes(seed)) {
      met = times.run(requests);
    }
    System.exit(met ? 0 : 1);
  }

  private boolean run(int requests) throws IOException, InterruptedException {
    var expired = begin(STREAMS, "3 0");
    LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(TTL_SECONDS + 10));
    var running = begin(STREAMS, "0 1");
    ask(expired, List.of(), running, WARM);
    var finished = begin(STREAMS, "3 0");
    var times = ask(expired, finished, running, requests);
    expectKept(finished);
    var medians = times.stream().mapToDouble(each -> each[each.length / 2] / 1e3).toArray();
    boolean met = true;
    for (int i = 0; i < KINDS.size(); i++) {
      double ratio = medians[i] / medians[0];
      met &= Math.abs(ratio - 1) <= GOAL;
      System.out.printf(
          Locale.ROOT,
          "%-24s %d requests: p50 %.1f us, p99 %.1f us, %.3f of unknown%n",
          KINDS.get(i),
          times.get(i).length,
          medians[i],
          times.get(i)[times.get(i).length * 99 / 100] / 1e3,
          ratio);
    }
    return met;
  }

  /** {@return sorted times of each kind; those without a stream are asked as unknown} */
  private List<long[]> ask(
      List<String> expired, List<String> finished, List<String> running, int requests)
      throws IOException, InterruptedException {
    var nanos = new ArrayList<long[]>();
    KINDS.forEach(kind -> nanos.add(new long[requests]));
    String first = "";
    for (int i = 0; i < requests; i++) {
      var order = new ArrayList<>(List.of(0, 1, 2, 3));
      Collections.shuffle(order, random);
      for (int kind : order) {
        String id =
            switch (kind) {
              case 1 -> any(expired);
              case 2 -> any(finished);
              case 3 -> any(running);
              default -> any(List.of());
            };
        var request =
            HttpRequest.newBuilder(base.resolve("/v1/streams/" + id))
                .header("Authorization", "Bearer " + OTHER)
                .build();
        long start = System.nanoTime();
        var response = client.send(request, BodyHandlers.ofString());
        nanos.get(kind)[i] = System.nanoTime() - start;
        String answer = response.statusCode() + " " + response.body();
        first = first.isEmpty() ? answer : first;
        if (!answer.equals(first) || response.statusCode() != 404) {
          throw new IOException(
              KINDS.get(kind) + ": must be answered as " + first + ", was " + answer);
        }
      }
    }
    nanos.forEach(Arrays::sort);
    return nanos;
  }

  private void expectKept(List<String> ids) throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(base.resolve("/v1/streams/" + ids.getFirst()))
            .header("Authorization", "Bearer " + OWNER)
            .build();
    int status = client.send(request, BodyHandlers.discarding()).statusCode();
    if (status != 200) {
      throw new IOException("finished streams: must be kept to the end, were not; ask for fewer");
    }
  }

  private String any(List<String> ids) {
    if (!ids.isEmpty()) {
      return ids.get(random.nextInt(ids.size()));
    }
    var id = new byte[16];
    random.nextBytes(id);
    return HexFormat.of().formatHex(id);
  }

  /** {@return the ids of new streams of the owner, read to their end unless they have a rate} */
  private List<String> begin(int count, String bench) throws IOException, InterruptedException {
    var ids = new ArrayList<String>();
    for (int i = 0; i < count; i++) {
      var request =
          HttpRequest.newBuilder(base.resolve("/v1/chat/completions"))
              .header("Authorization", "Bearer " + OWNER)
              .header("Content-Type", "application/json")
              .header("x-bench", bench)
              .POST(
                  BodyPublishers.ofString(
                      "{\"model\":\"gpt-4.1-mini\",\"stream\":true,\"messages\":[{\"role\":\"user\","
                          + "\"content\":\"Harbour "
                          + random.nextLong()
                          + "\"}]}"))
              .build();
      var response = client.send(request, BodyHandlers.ofInputStream());
      ids.add(
          response
              .headers()
              .firstValue("Holdfast-Stream-Id")
              .orElseThrow(() -> new IOException("stream: must have an id, had " + response)));
      if (bench.endsWith(" 0")) {
        response.body().readAllBytes();
      } else {
        live.add(response);
      }
    }
    return ids;
  }

  @Override
  public void close() throws IOException {
    client.shutdownNow();
    gateway.close();
    upstream.close();
    Folders.delete(journal);
  }
}
