package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.json.TestJson;
import dev.holdfast.testkit.server.FaultServer;
import dev.holdfast.testkit.transport.BusySecond;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that were not written here, over HTTP/2: curl, Node, the JDK and an SDK. */
@Tag("slow")
@Timeout(120)
class Http2ClientsTest {
  private static final Protocol CHAT = Protocol.OPENAI_CHAT;

  @TempDir private Path folder;

  private static FaultServer faults(String... faults) {
    return FaultServer.builder().answer(Answer.ofText(Rig.TEXT)).script(Script.of(faults)).start();
  }

  private String run(String... command) throws IOException, InterruptedException {
    command[0] = LocalProgram.installed(command[0]).toString();
    Path output = folder.resolve("output");
    Path errors = folder.resolve("errors");
    var process =
        new ProcessBuilder(command)
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile())
            .start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(Files.readString(errors)).isZero();
      return Files.readString(output);
    } finally {
      process.destroyForcibly();
    }
  }

  private static void isWhole(String text) {
    var reading = Reading.of(CHAT.id(), text.getBytes(StandardCharsets.UTF_8));
    assertThat(reading.text()).isEqualTo(Rig.TEXT);
    assertThat(reading.verdict()).as(text).isEqualTo("COMPLETE");
  }

  private HttpRequest.Builder request(Http2Front front, String path) {
    return HttpRequest.newBuilder(URI.create("https://localhost:" + front.gateway.port() + path))
        .header("Content-Type", "application/json")
        .timeout(Duration.ofSeconds(60));
  }

  // ---------------------------------------------------------------- curl

  @Test
  void curlSurvivesTwoCuts() throws Exception {
    LocalProgram.installed("curl");
    try (var upstream = faults("cut-fin@token=7", "cut-fin@token=7");
        var front = Http2Front.before(folder, upstream, CHAT)) {
      String all =
          run(
              "curl",
              "-sSN",
              "--http2",
              "--cacert",
              folder.resolve("root.crt").toString(),
              "-H",
              "content-type: application/json",
              "-d",
              Rig.body(CHAT),
              "-w",
              "version=%{http_version} status=%{http_code}",
              "https://localhost:" + front.gateway.port() + "/v1/chat/completions");
      assertThat(all).endsWith("version=2 status=200");
      isWhole(all.substring(0, all.lastIndexOf("version=")));
    }
  }

  // ---------------------------------------------------------------- Node

  @Test
  void nodesOwnClientReadsManyStreamsOnOneConnection() throws Exception {
    LocalProgram.installed("node");
    Path script = folder.resolve("http2-client.mjs");
    try (InputStream in = Http2ClientsTest.class.getResourceAsStream("http2-client.mjs")) {
      Files.write(script, Objects.requireNonNull(in).readAllBytes());
    }
    try (var upstream = faults("cut-fin@token=7");
        var front = Http2Front.before(folder, upstream, CHAT)) {
      var all =
          (TestJson.Arr)
              TestJson.parse(
                  run(
                      "node",
                      script.toString(),
                      "https://localhost:" + front.gateway.port(),
                      folder.resolve("root.crt").toString(),
                      Rig.body(CHAT),
                      "20"));
      assertThat(all.items()).hasSize(20);
      for (var one : all.items()) {
        var response = (TestJson.Obj) one;
        assertThat(response.text("text", "")).contains("[DONE]");
        isWhole(response.text("text", ""));
      }
    }
  }

  // ---------------------------------------------------------------- the JDK

  private static HttpClient jdk() {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_2)
        .sslContext(Http2Front.CERTIFICATE.clients())
        .build();
  }

  @Test
  void theJdksClientReadsManyStreamsOnOneConnection() throws Exception {
    try (var upstream = faults("cut-fin@token=7");
        var front = Http2Front.before(folder, upstream, CHAT);
        var client = jdk()) {
      var all = new ArrayList<CompletableFuture<HttpResponse<String>>>();
      for (int i = 0; i < 20; i++) {
        var asked =
            request(front, "/v1/chat/completions")
                .POST(HttpRequest.BodyPublishers.ofString(Rig.body(CHAT)))
                .build();
        all.add(client.sendAsync(asked, HttpResponse.BodyHandlers.ofString()));
      }
      for (var one : all) {
        var response = one.get();
        assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(response.statusCode()).isEqualTo(200);
        isWhole(response.body());
      }
    }
  }

  // ---------------------------------------------------------------- an official SDK

  /** Five streams at once on one connection: that is HTTP/2. */
  @Test
  void openAisSdkReadsManyStreamsOnOneConnection() throws Exception {
    int count = 5;
    try (var upstream = faults("cut-fin@token=7");
        var pipe = new Pipe(upstream.port());
        var front =
            Http2Front.before(
                folder,
                upstream,
                CHAT,
                config ->
                    config.withListen(
                        config.listen().withNames(Set.of("localhost:" + pipe.port()))));
        var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      pipe.leadTo(front.gateway.port());
      var sdk =
          OpenAIOkHttpClient.builder()
              .apiKey("sk-test")
              .baseUrl("https://localhost:" + pipe.port() + "/v1")
              .sslSocketFactory(Http2Front.CERTIFICATE.clients().getSocketFactory())
              .trustManager(Http2Front.CERTIFICATE.trust())
              .build();
      try {
        assertThat(read(sdk, "First")).isEqualTo(Rig.TEXT);
        var texts = new ArrayList<Future<String>>();
        for (int i = 0; i < count; i++) {
          String question = "Question " + i;
          texts.add(clients.submit(() -> read(sdk, question)));
        }
        for (var text : texts) {
          assertThat(text.get()).isEqualTo(Rig.TEXT);
        }
        assertThat(pipe.connections()).isEqualTo(1);
      } finally {
        sdk.close();
      }
    }
  }

  private static String read(OpenAIClient sdk, String question) {
    var asked =
        ChatCompletionCreateParams.builder().model("gpt-4.1-mini").addUserMessage(question).build();
    var text = new StringBuilder();
    try (var stream = sdk.chat().completions().createStreaming(asked)) {
      stream.stream()
          .flatMap(chunk -> chunk.choices().stream())
          .forEach(choice -> text.append(choice.delta().content().orElse("")));
    }
    return text.toString();
  }

  // ---------------------------------------------------------------- bodies

  /** A body of the JDK's client is sent as far as the windows reach. */
  @Test
  void anUploadWaitsForASlowUpstream() throws Exception {
    int whole = 24 << 20;
    var read = new AtomicLong();
    var go = new CountDownLatch(1);
    try (var upstream = new HeldUpstream(go);
        var front = Http2Front.before(folder, upstream.port());
        var client = jdk()) {
      var source =
          new InputStream() {
            @Override
            public int read() {
              throw new UnsupportedOperationException("one byte");
            }

            @Override
            public int read(byte[] into, int from, int length) {
              int count = (int) Math.min(length, whole - read.get());
              read.addAndGet(count);
              return count == 0 ? -1 : count;
            }
          };
      var asked =
          request(front, "/v1/files")
              .POST(
                  HttpRequest.BodyPublishers.fromPublisher(
                      HttpRequest.BodyPublishers.ofInputStream(() -> source), whole))
              .build();
      var response = client.sendAsync(asked, HttpResponse.BodyHandlers.ofString());
      while (read.get() == 0) {
        Thread.onSpinWait();
      }
      assertThat(BusySecond.settled(read::get)).isBetween(1L, 16L << 20);
      go.countDown();
      assertThat(response.get().statusCode()).isEqualTo(200);
      assertThat(upstream.bytes()).isEqualTo(whole);
    }
  }

  @Test
  void aRefusalOfALongBodyReachesTheJdksClient() throws Exception {
    try (var upstream = faults("cut-fin@token=7");
        var front =
            Http2Front.before(
                folder,
                upstream,
                CHAT,
                config -> config.withLimits(config.limits().withBodyBytes(1024)));
        var client = jdk()) {
      for (String path : List.of("/v1/chat/completions", "/v1/files")) {
        var asked =
            request(front, path)
                .POST(HttpRequest.BodyPublishers.ofString("x".repeat(1 << 20)))
                .build();
        var response = client.send(asked, HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(413);
        assertThat(response.body()).contains("holdfast", "1024");
      }
    }
  }
}
