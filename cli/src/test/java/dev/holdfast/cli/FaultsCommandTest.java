package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.core.json.Json;
import dev.holdfast.testkit.server.FaultServer;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaultsCommandTest {
  private static final String BODY =
      """
      {"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}\
      """;

  @TempDir private Path temp;

  /** What a command says, by lines. No pipe: that breaks where the thread that wrote is over. */
  private static final class Lines extends OutputStream {
    private final BlockingQueue<String> whole = new LinkedBlockingQueue<>();
    private final ByteArrayOutputStream begun = new ByteArrayOutputStream();

    @Override
    public synchronized void write(int one) {
      if (one == '\n') {
        whole.add(begun.toString(StandardCharsets.UTF_8));
        begun.reset();
      } else {
        begun.write(one);
      }
    }

    /** {@return the next line, waiting for it} */
    String readLine() throws InterruptedException {
      return whole.take();
    }
  }

  /** A command under way. */
  private record Running(Thread thread, Lines out, CompletableFuture<Integer> code)
      implements AutoCloseable {
    static Running start(String... arguments) {
      var out = new Lines();
      var code = new CompletableFuture<Integer>();
      var terminal =
          new Terminal(
              InputStream.nullInputStream(),
              out,
              new ByteArrayOutputStream(),
              Terminal.Screen.NONE,
              Map.of());
      var thread = Thread.ofPlatform().start(() -> code.complete(Main.run(terminal, arguments)));
      return new Running(thread, out, code);
    }

    int stop() throws Exception {
      thread.interrupt();
      return code.get();
    }

    @Override
    public void close() {
      thread.interrupt();
    }
  }

  @Test
  void reportsWhereItListensAndWhatItServed() throws Exception {
    Path scenario = temp.resolve("scenario.json");
    Files.writeString(
        scenario,
        """
        {"answer": "The light is still there.", "attempts": ["status@code=503"]}
        """);
    try (var faults =
        Running.start("faults", "--port", "0", "--json", "--scenario", scenario.toString())) {
      var listening = Cli.object(faults.out().readLine());
      assertThat(listening.text("event")).isEqualTo("listening");
      var urls = (Json.Obj) Objects.requireNonNull(listening.get("urls"));
      URI url = URI.create(urls.text("openai-chat") + "/chat/completions");

      assertThat(ask(url).statusCode()).isEqualTo(503);
      var first = Cli.object(faults.out().readLine());
      assertThat(first.text("event")).isEqualTo("request");
      assertThat(first.text("cause")).isEqualTo("overloaded");

      assertThat(ask(url).body()).contains("light").contains("[DONE]");
      var second = Cli.object(faults.out().readLine());
      assertThat(second.write()).contains("\"attempt\":2").contains("\"cause\":null");
      assertThat(faults.stop()).isZero();
    }
  }

  @Test
  void theGuideFitsOneScreenAndItsExampleIsTrue() throws Exception {
    try (var faults = Running.start("faults", "--port", "0")) {
      var guide = new StringBuilder();
      for (String line = faults.out().readLine();
          !line.contains("docs/faults.md");
          line = faults.out().readLine()) {
        guide.append(line).append('\n');
      }
      assertThat(guide.toString().lines())
          .hasSizeLessThan(24)
          .allMatch(line -> line.length() <= 80);
      var address = java.util.regex.Pattern.compile("curl -N (http\\S+)").matcher(guide);
      assertThat(address.find()).isTrue();
      assertThat(guide).contains(BODY);
      assertThat(ask(URI.create(address.group(1))).statusCode()).isPositive();
    }
  }

  @Test
  void aTakenPortIsNamed() {
    try (var taken = FaultServer.builder().start()) {
      var ran = new Cli().run("faults", "--port", String.valueOf(taken.port()));
      assertThat(ran.code()).isEqualTo(2);
      assertThat(ran.err())
          .isEqualTo("holdfast faults: --port: must be free, was " + taken.port() + "\n");
    }
  }

  @Test
  void anAddressThatOthersCanReachNeedsAFlag() {
    var ran = new Cli().run("faults", "--port", "0", "--host", "0.0.0.0");
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err())
        .isEqualTo(
            "holdfast faults: --host: must be a loopback address unless --allow-remote is given,"
                + " was 0.0.0.0\n");
  }

  @Test
  void anAddressOfAnotherMachineIsNamed() {
    var ran = new Cli().run("faults", "--port", "0", "--host", "192.0.2.1", "--allow-remote");
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err())
        .isEqualTo("holdfast faults: --host: must be an address of this machine, was 192.0.2.1\n");
  }

  @Test
  void withTheFlagItListensEverywhereAndAnswersToAnyName() throws Exception {
    try (var faults =
        Running.start("faults", "--port", "0", "--json", "--host", "0.0.0.0", "--allow-remote")) {
      var listening = Cli.object(faults.out().readLine());
      int port = Integer.parseInt(Objects.requireNonNull(listening.get("port")).write());
      try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        String request =
            "POST /v1/chat/completions HTTP/1.1\r\nhost: holdfast.example\r\nconnection: close\r\n"
                + "content-length: "
                + BODY.length()
                + "\r\n\r\n"
                + BODY;
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        var answer =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        // A server on loopback alone says 421 to a name that is not its own.
        assertThat(answer.readLine()).startsWith("HTTP/1.1 ").doesNotContain("421");
      }
      assertThat(faults.stop()).isZero();
    }
  }

  @Test
  void aBadScenarioIsNamedWithFileAndLine() throws Exception {
    Path scenario = temp.resolve("bad.json");
    Files.writeString(scenario, "{\n \"seed\": 1,\n \"attempts\": [\"explode@token=2\"]\n}\n");
    var ran = new Cli().run("faults", "--port", "0", "--scenario", scenario.toString());
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).contains("bad.json:3").contains("explode").hasLineCount(1);
  }

  private static HttpResponse<String> ask(URI url) throws Exception {
    try (var client = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(url)
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(BODY))
              .build();
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    }
  }
}
