package dev.holdfast.gateway.durable;

import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.journal.EmbeddedJournal;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/** A gateway with the embedded journal in a directory, and a client of it. */
final class Served implements AutoCloseable {
  static final String TEXT = "Content-Type: text/plain";
  static final String JSON = "Content-Type: application/json";
  static final DurableSettings QUICK = DurableSettings.DEFAULT.withLongPoll(Duration.ofSeconds(30));

  final Gateway gateway;
  final EmbeddedJournal journal;
  private final HttpClient client = HttpClient.newHttpClient();

  Served(Path directory) throws IOException {
    this(directory, QUICK, new AtomicLong(System.currentTimeMillis()), config -> config);
  }

  Served(
      Path directory,
      DurableSettings settings,
      AtomicLong clock,
      UnaryOperator<GatewayConfig> change)
      throws IOException {
    this(
        EmbeddedJournal.at(directory).clock(clock::get).limits(JournalLimits.DEFAULTS).open(),
        settings,
        change);
  }

  Served(EmbeddedJournal journal, DurableSettings settings, UnaryOperator<GatewayConfig> change) {
    this.journal = journal;
    var config =
        GatewayConfig.DEFAULT
            .listeningAt(GatewayConfig.DEFAULT.listen().address(), 0, 0)
            .withDrain(Duration.ZERO);
    gateway =
        Gateway.builder(change.apply(config)).durableStreams(settings, journal).threads(2).start();
  }

  DurableFront front() {
    return gateway.durableStreams().orElseThrow();
  }

  URI url(String path) {
    return gateway.uri().resolve("/v1/stream/" + path);
  }

  /** A response, read whole. */
  record Answer(int status, String body, HttpResponse<byte[]> response) {
    String header(String name) {
      return response.headers().firstValue(name).orElse("");
    }

    String offset() {
      return header("stream-next-offset");
    }

    boolean closed() {
      return header("stream-closed").equals("true");
    }
  }

  Answer ask(String method, String path, byte[] body, String... headers)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(url(path))
            .timeout(Duration.ofSeconds(60))
            .method(
                method,
                body.length == 0
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(body));
    for (String header : headers) {
      int colon = header.indexOf(": ");
      request.header(header.substring(0, colon), header.substring(colon + 2));
    }
    var response = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    return new Answer(
        response.statusCode(), new String(response.body(), StandardCharsets.UTF_8), response);
  }

  Answer put(String path, String body, String... headers) throws IOException, InterruptedException {
    return ask("PUT", path, body.getBytes(StandardCharsets.UTF_8), headers);
  }

  Answer post(String path, String body, String... headers)
      throws IOException, InterruptedException {
    return ask("POST", path, body.getBytes(StandardCharsets.UTF_8), headers);
  }

  Answer produce(String path, String body, String id, long epoch, long sequence, String... more)
      throws IOException, InterruptedException {
    var headers =
        new java.util.ArrayList<>(
            List.of(
                TEXT,
                "Producer-Id: " + id,
                "Producer-Epoch: " + epoch,
                "Producer-Seq: " + sequence));
    headers.addAll(List.of(more));
    return post(path, body, headers.toArray(String[]::new));
  }

  Answer get(String path, String... headers) throws IOException, InterruptedException {
    return ask("GET", path, new byte[0], headers);
  }

  Answer head(String path) throws IOException, InterruptedException {
    return ask("HEAD", path, new byte[0]);
  }

  Answer delete(String path) throws IOException, InterruptedException {
    return ask("DELETE", path, new byte[0]);
  }

  @Override
  public void close() {
    gateway.close();
  }
}
