package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.server.FaultServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A gateway with few descriptors and more clients than they suffice for. */
class DescriptorsTest {
  private static final int CLIENTS = 500;
  private static final String TEXT = "A light that is seen from far. ".repeat(20);

  @TempDir private Path temp;

  /** With 180 the process itself has hardly enough. */
  @ParameterizedTest
  @ValueSource(ints = {400, 180})
  @Timeout(600) // Starts a JVM, on a machine that may be busy.
  void withoutDescriptorsStreamsContinueAndLaterClientsAreServed(int descriptors) throws Exception {
    assumeTrue(Files.exists(Path.of("/proc/self/limits")), "the limit is that of Linux");
    var slow = new Fault.Slow(Duration.ofMillis(20));
    try (var server =
            FaultServer.builder()
                .answer(Answer.ofText(TEXT))
                .script((stream, attempt) -> List.of(slow))
                .start();
        var http = HttpClient.newHttpClient()) {
      var process = serve(descriptors, server.baseUrl().toString());
      try (var out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        String url = Cli.object(out.readLine()).text("url");
        var stream =
            http.send(
                ServeCommandTest.post(url + "/v1/chat/completions"),
                HttpResponse.BodyHandlers.ofLines());
        var lines = stream.body().iterator();
        var before = lines.next();
        var crowd = crowd(URI.create(url));
        try {
          var got = new StringBuilder(ServeCommandTest.text(before));
          while (lines.hasNext()) {
            got.append(ServeCommandTest.text(lines.next()));
          }
          assertThat(got.toString()).isEqualTo(TEXT);
        } finally {
          for (var client : crowd) {
            client.close();
          }
        }
        assertThat(wholeText(http, url)).isEqualTo(TEXT);
        process.toHandle().destroy();
        assertThat(process.waitFor()).isZero();
      } finally {
        process.destroyForcibly();
      }
      assertThat(Files.readString(temp.resolve("err")))
          .doesNotContain("\tat ")
          .doesNotContain("Exception in thread");
    }
  }

  private Process serve(int descriptors, String upstream) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ProcessBuilder(
            "sh",
            "-c",
            "ulimit -n " + descriptors + " && exec \"$@\"",
            "sh",
            java,
            "-cp",
            System.getProperty("java.class.path"),
            "dev.holdfast.cli.Main",
            "serve",
            "--json",
            "--port",
            "0",
            "--upstream",
            "openai-chat=" + upstream)
        .redirectError(temp.resolve("err").toFile())
        .start();
  }

  /** {@return many clients that are connected, as far as the backlog knows, and ask for nothing} */
  private static List<Socket> crowd(URI url) throws IOException {
    var clients = new ArrayList<Socket>();
    for (int i = 0; i < CLIENTS; i++) {
      var client = new Socket();
      clients.add(client);
      client.connect(new InetSocketAddress(url.getHost(), url.getPort()));
    }
    return clients;
  }

  /** Asks until a connection is taken: those of the crowd may not be gone yet. */
  private static String wholeText(HttpClient http, String url) throws InterruptedException {
    while (true) {
      try {
        var response =
            http.send(
                ServeCommandTest.post(url + "/v1/chat/completions"),
                HttpResponse.BodyHandlers.ofLines());
        if (response.statusCode() == 200) {
          var got = new StringBuilder();
          response.body().forEach(line -> got.append(ServeCommandTest.text(line)));
          return got.toString();
        }
      } catch (IOException e) {
        // Closed because there were too many.
      }
    }
  }
}
