package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.core.json.Json;
import dev.holdfast.gateway.access.GatewayKey;
import dev.holdfast.gateway.config.file.ConfigFile;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.journal.RedisProcess;
import dev.holdfast.testkit.server.FaultServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServeCommandTest {
  private static final String TEXT = "A light that is seen from far. ".repeat(12);
  private static final String BODY =
      """
      {"model":"gpt-4.1-mini","stream":true,"messages":[{"role":"user","content":"hi"}]}\
      """;

  @TempDir private Path temp;

  static HttpRequest post(String url) {
    return HttpRequest.newBuilder(URI.create(url))
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(BODY))
        .build();
  }

  /** The text of a stream of chunks. */
  static String text(String line) {
    int at = line.indexOf("\"content\":\"");
    return at < 0 ? "" : line.substring(at + 11, line.indexOf('"', at + 11));
  }

  @Test
  @Timeout(600) // Starts a JVM, on a machine that may be busy.
  void theFirstSignalLetsAStreamThatIsCutEndWhole() throws Exception {
    assumeFalse(System.getProperty("os.name").startsWith("Windows"), "there are no signals");
    var slow = new Fault.Slow(Duration.ofMillis(30));
    try (var server =
            FaultServer.builder()
                .answer(Answer.ofText(TEXT))
                .script((stream, attempt) ->
                    attempt == 1
                        ? List.of(slow, new Fault.CutRst(Position.token(50)))
                        : List.of(slow))
                .start();
        var http = HttpClient.newHttpClient()) {
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  "dev.holdfast.cli.Main",
                  "serve",
                  "--json",
                  "--port",
                  "0",
                  "--upstream",
                  "openai-chat=" + server.baseUrl())
              .redirectError(temp.resolve("err").toFile())
              .start();
      try (var out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        var listening = Cli.object(out.readLine());
        assertThat(listening.text("event")).isEqualTo("listening");
        String url = listening.text("url");
        String management = listening.text("management");
        assertThat(status(http, management + "readyz")).isEqualTo(200);

        var response =
            http.send(post(url + "/v1/chat/completions"), HttpResponse.BodyHandlers.ofLines());
        assertThat(response.statusCode()).isEqualTo(200);
        var lines = response.body().iterator();
        var got = new StringBuilder();
        while (got.length() < 20) {
          got.append(text(lines.next()));
        }
        assertThat(process.toHandle().destroy()).isTrue();
        while (status(http, management + "readyz") != 503) {
          // The signal is on its way.
        }
        assertThat(isRefused(http, url)).isTrue();
        var last = "";
        while (lines.hasNext()) {
          String line = lines.next();
          got.append(text(line));
          last = line.isEmpty() ? last : line;
        }
        assertThat(got.toString()).isEqualTo(TEXT);
        assertThat(last).isEqualTo("data: [DONE]");
        // The refused one, if it reached the gateway, has a line of its own.
        var request = Cli.object(out.readLine());
        while (!request.text("method").equals("POST")) {
          request = Cli.object(out.readLine());
        }
        assertThat(request.text("outcome")).isEqualTo("recovered");
        assertThat(request.number("seams", -1)).isEqualTo(1);
        assertThat(process.waitFor()).isZero();
      } finally {
        process.destroyForcibly();
      }
    }
  }

  @Test
  @Timeout(600) // Starts a JVM, on a machine that may be busy.
  void theSecondSignalEndsTheProcessAtOnce() throws Exception {
    assumeFalse(System.getProperty("os.name").startsWith("Windows"), "there are no signals");
    try (var server =
            FaultServer.builder()
                .answer(Answer.ofText(TEXT))
                .script((stream, attempt) -> List.of(new Fault.Slow(Duration.ofSeconds(30))))
                .start();
        var http = HttpClient.newHttpClient()) {
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  "dev.holdfast.cli.Main",
                  "serve",
                  "--json",
                  "--port",
                  "0",
                  "--upstream",
                  "openai-chat=" + server.baseUrl())
              .redirectError(temp.resolve("err").toFile())
              .start();
      try (var out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        var listening = Cli.object(out.readLine());
        String management = listening.text("management");
        var response =
            http.sendAsync(
                post(listening.text("url") + "/v1/chat/completions"),
                HttpResponse.BodyHandlers.discarding());
        while (server.received().isEmpty()) {
          Thread.onSpinWait();
        }
        assertThat(process.toHandle().destroy()).isTrue();
        while (status(http, management + "readyz") != 503) {
          // The signal is on its way.
        }
        // The stream would last for minutes, and the drain for ten.
        assertThat(process.isAlive()).isTrue();
        assertThat(response).isNotDone();
        assertThat(process.toHandle().destroy()).isTrue();
        assertThat(process.waitFor()).isEqualTo(128 + 15);
      } finally {
        process.destroyForcibly();
      }
    }
  }

  @Test
  @Timeout(600) // Starts a JVM, on a machine that may be busy.
  void chatsOfTheAiSdkAreServedFromTheJournal() throws Exception {
    try (var server = FaultServer.builder().answer(Answer.ofText(TEXT)).start();
        var http = HttpClient.newHttpClient()) {
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  "dev.holdfast.cli.Main",
                  "serve",
                  "--json",
                  "--port",
                  "0",
                  "--journal",
                  temp.resolve("journal").toString(),
                  "--ui-messages",
                  "--ui-model",
                  "gpt-4.1-mini",
                  "--upstream",
                  "openai-chat=" + server.baseUrl())
              .redirectError(temp.resolve("err").toFile())
              .start();
      try (var out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        var listening = Cli.object(out.readLine());
        assertThat(listening.text("journal")).isEqualTo(temp.resolve("journal").toString());
        String chat = listening.text("uiMessages");
        assertThat(chat).endsWith("/ui/chat");
        var posted =
            HttpRequest.newBuilder(URI.create(chat))
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        """
                        {"id":"c","messages":[{"id":"u","role":"user",
                        "parts":[{"type":"text","text":"hi"}]}]}
                        """))
                .build();
        var answer = http.send(posted, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.headers().firstValue("x-vercel-ai-ui-message-stream")).hasValue("v1");
        assertThat(answer.body()).endsWith("data: [DONE]\n\n");
      } finally {
        process.destroyForcibly();
      }
    }
  }

  @Test
  void aJournalInRedisShowsWhatItKeeps() throws Exception {
    assumeTrue(
        RedisProcess.program().isPresent(),
        "skipped: needs redis-server or valkey-server in PATH (Debian: apt install redis-server)");
    try (var redis = RedisProcess.start(temp.resolve("redis"), "--appendonly", "yes")) {
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  "dev.holdfast.cli.Main",
                  "serve",
                  "--json",
                  "--port",
                  "0",
                  "--journal",
                  redis.address(),
                  "--upstream",
                  "openai-chat=http://127.0.0.1:9/v1")
              .redirectError(temp.resolve("err").toFile())
              .start();
      try (var out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        assertThat(Cli.object(out.readLine()).text("journalKeeps")).isEqualTo("written");
      } finally {
        process.destroyForcibly();
      }
      assertThat(Files.readString(temp.resolve("err"))).doesNotContain("SLF4J");
    }
  }

  @Test
  void aRedisThatIsNotThereIsOneSentenceWithoutItsPassword() {
    var cli = new Cli();
    var ran =
        cli.run(
            "serve",
            "--port",
            "0",
            "--journal",
            "redis://:secret@127.0.0.1:9",
            "--upstream",
            "openai-chat=http://127.0.0.1:9/v1");
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err())
        .contains("--journal: must be a Redis that can be used, was redis://127.0.0.1:9")
        .doesNotContain("secret");
  }

  /** It was a defect with exit code 70: Redis is opened, and refuses what comes next. */
  @Test
  void aRedisThatCannotBeUsedOnceItIsOpenIsOneSentence() throws Exception {
    assumeTrue(
        RedisProcess.program().isPresent(),
        "skipped: needs redis-server or valkey-server in PATH (Debian: apt install redis-server)");
    try (var redis = RedisProcess.start(temp.resolve("redis"))) {
      String id = "0".repeat(32);
      assertThat(redis.command("ZADD", "holdfast:{00}:ids", "inf", id)).isEqualTo(":1");
      assertThat(redis.command("SET", "holdfast:{00}:head:" + id, "x")).isEqualTo("+OK");
      var ran = new Cli().run("serve", "--port", "0", "--journal", redis.address());
      assertThat(ran.code()).isEqualTo(2);
      assertThat(ran.err())
          .startsWith("holdfast serve: --journal: must be a Redis that can be used, was redis://")
          .contains("WRONGTYPE")
          .hasLineCount(1);
    }
  }

  @Test
  void aJournalThatIsNoDirectoryIsNamedWithTheReason() throws IOException {
    var file = Files.writeString(temp.resolve("notes"), "a file");
    var ran = new Cli().run("serve", "--port", "0", "--journal", file.toString());
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err())
        .isEqualTo(
            "holdfast serve: --journal: must be a directory that can be used, was '"
                + file
                + "': it is no directory\n");
    assertThat(new Cli().run("serve", "--journal", "", "--check").err())
        .startsWith("holdfast serve: --journal: must be a directory, or an address such as");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCertificateThatIsMissingIsNamedByItsLineAndKey(boolean check) throws IOException {
    var file = file("listen:\n  tls: {certificate: /no/cert.pem, key: /no/key.pem}\n").toString();
    var ran = new Cli().run("serve", "--config", file, check ? "--check" : "--port=0");
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err())
        .isEqualTo(
            """
            holdfast serve: %1$s:2: listen.tls.certificate: must be a file that can be read, was /no/cert.pem
            holdfast serve: %1$s:2: listen.tls.key: must be a file that can be read, was /no/key.pem
            """
                .formatted(file));
  }

  private static int status(HttpClient http, String url) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(url)).build();
    return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
  }

  /** A connection that was kept may be answered once more, by a refusal. */
  private static boolean isRefused(HttpClient http, String url) throws Exception {
    try {
      return status(http, url + "/v1/models") == 503;
    } catch (ConnectException e) {
      return true;
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--upstream nonsense | --upstream: must be PROTOCOL=BASE_URL, was (removed)",
        "--upstream cohere=http://h | --upstream: protocol must be one of openai-chat",
        "--upstream openai-chat=ftp://h | --upstream: must have an http or https address",
        "--upstream openai-chat=localhost:9000/v1 | --upstream: must have an http or https address with a host, was localhost:9000/v1",
        "--upstream openai-chat=http://u:p@h | --upstream: must not contain a password",
        "--upstream openai-chat=http://h/v1 --upstream openai-chat=http://h/v1"
            + " | --upstream: must name each protocol once, as a file of --config takes several, was openai-chat again",
        "--upstream openai-chat=http://h/a --upstream openai-chat=http://i/b"
            + " | --upstream: must name each protocol once",
        "--host 0.0.0.0 | --host: must be a loopback address",
        "--port 70000 | --port: must be 0 to 65535, was 70000",
        "--drain -1 | --drain: must be 0 to 86400, was -1",
        "--ui-messages --check | --ui-messages: must go with --journal",
        "--journal redis://:secret@h:port --check | --journal: must be an address of a Redis, such as redis://host:6379, was redis://...",
        "--ui-model m | --ui-model: must go with --ui-messages, was m"
      })
  void whatCannotWorkIsNamed(String options, String sentence) {
    var ran = new Cli().run(("serve " + options).split(" ", -1));
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).startsWith("holdfast serve: " + sentence).hasLineCount(1);
  }

  @Test
  void aProfileIsOneOfItsUpstreamsProtocol() {
    String upstream = "openai-chat=http://127.0.0.1:9/v1";
    var unknown = new Cli().run("serve", "--upstream", upstream, "--profile", "acme");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err())
        .startsWith("holdfast serve: --profile: must be one of ")
        .contains("vllm", "in openai-chat, was 'acme'");

    assertThat(new Cli().run("serve", "--profile", "vllm").err())
        .isEqualTo("holdfast serve: --profile: must go with --upstream, was vllm\n");
  }

  private Path file(String yaml) throws IOException {
    return Files.writeString(temp.resolve("g.yaml"), yaml);
  }

  @Test
  void checkPrintsWhatGoesWhere() throws IOException {
    var file =
        file(
            """
            upstreams:
            - {name: a, protocol: openai-chat, url: "https://a.example/v1", credential: "${A_KEY}"}
            - {name: b, protocol: openai-chat, url: "http://127.0.0.1:9/v1", credential: none}
            routes:
            - {models: ["gpt-*"], upstreams: [{name: a, weight: 2}, {name: b, weight: 1, model: m}]}
            keys:
            - {name: team, sha256: "%s", tokensPerDay: 9}
            """
                .formatted("0a".repeat(32)));
    var cli = new Cli().with("A_KEY", "canary-4711");
    var ran = cli.run("serve", "--config", file.toString(), "--check");
    assertThat(ran.code()).isZero();
    assertThat(ran.out())
        .contains(
            "OpenAI     gpt-*",
            "a (https://a.example/v1, a key of its own) weight 2,"
                + " then b (http://127.0.0.1:9/v1, no key) weight 1 as m",
            "team",
            "9 tokens a day")
        .doesNotContain("canary");
    var json = cli.run("serve", "--config", file.toString(), "--check", "--json");
    assertThat(items(Cli.object(json.out()), "routes")).hasSize(1);
    assertThat(new Cli().run("serve", "--check").out()).contains("https://api.anthropic.com/v1");
  }

  @Test
  void checkShowsWhatHoldsWhileRedisIsAway() throws IOException {
    var file =
        file(
            """
            upstreams: [{name: a, protocol: openai-chat, url: "http://127.0.0.1:9/v1"}]
            journal: {directory: "${REDIS_URL}", shared: {limits: closed}}
            """);
    var cli = new Cli().with("REDIS_URL", "redis://:canary-4711@h:6379");
    var ran = cli.run("serve", "--config", file.toString(), "--check");
    assertThat(ran.err()).isEmpty();
    assertThat(ran.code()).isZero();
    assertThat(ran.out())
        .contains("redis://h:6379", "limits closed, identical open, upstreams open, affinity open")
        .doesNotContain("canary");
    var json = cli.run("serve", "--config", file.toString(), "--check", "--json");
    assertThat(json.out()).contains("\"limits\":\"closed\",\"identical\":\"open\"");
  }

  @Test
  void checkNamesEveryErrorByLine() throws IOException {
    var file = file("listen: {prot: 1}\nupstreams: [{name: a, protocol: x, url: 'http://h'}]\n");
    var ran = new Cli().run("serve", "--config", file.toString(), "--check");
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err().lines())
        .containsExactly(
            "holdfast serve: " + file + ":1: listen.prot: must be a known key; did you mean port?",
            "holdfast serve: "
                + file
                + ":2: upstreams[0].protocol: must be one of openai-chat, openai-responses,"
                + " anthropic-messages, gemini-sse, ollama-chat, was 'x'");
    var json = new Cli().run("serve", "--config", file.toString(), "--check", "--json");
    assertThat(json.code()).isEqualTo(2);
    assertThat(items(Cli.object(json.out()), "errors")).hasSize(2);
  }

  @Test
  void optionsReplaceTheListenerOfTheFileAndUpstreamsExcludeIt() throws IOException {
    var file = file("listen: {port: 70000}\n").toString();
    var wrong = new Cli().run("serve", "--config", file, "--upstream", "openai-chat=http://h");
    assertThat(wrong.err())
        .isEqualTo(
            "holdfast serve: --upstream: must not go with --config, which names upstreams\n");
    file("listen: {port: 5}\n");
    var same = new Cli().run("serve", "--config", file, "--management-port", "5", "--check");
    assertThat(same.err()).contains("--management-port: must not be the port of the gateway");
  }

  @Test
  void aKeyIsMadeAndTheSchemaPrinted() {
    var made = Cli.object(new Cli().run("serve", "--hash-key", "--json").out());
    assertThat(made.text("key")).startsWith("hfk_").hasSize(47);
    assertThat(made.text("sha256")).isEqualTo(GatewayKey.hash(made.text("key")));
    assertThat(new Cli().run("serve", "--hash-key").out()).contains("key     hfk_", "sha256  ");
    assertThat(new Cli().run("serve", "--print-schema").out()).isEqualTo(ConfigFile.schema());
  }

  @Test
  @Timeout(600) // Starts a JVM, on a machine that may be busy.
  void hangUpReadsTheFileAgainWhileAStreamIsOpen() throws Exception {
    assumeFalse(System.getProperty("os.name").startsWith("Windows"), "there are no signals");
    var slow = new Fault.Slow(Duration.ofMillis(30));
    try (var server =
            FaultServer.builder()
                .answer(Answer.ofText(TEXT))
                .script((stream, attempt) -> List.of(slow))
                .start();
        var http = HttpClient.newHttpClient()) {
      String yaml =
          """
          listen: {port: 0}
          upstreams: [{name: NAME, protocol: openai-chat, url: "%s"}]
          """
              .formatted(server.baseUrl());
      var file = file(yaml.replace("NAME", "first"));
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  "dev.holdfast.cli.Main",
                  "serve",
                  "--json",
                  "--config",
                  file.toString())
              .redirectError(temp.resolve("err").toFile())
              .start();
      try (var out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        String url = Cli.object(out.readLine()).text("url");
        var response =
            http.send(post(url + "/v1/chat/completions"), HttpResponse.BodyHandlers.ofLines());
        var lines = response.body().iterator();
        var got = new StringBuilder();
        while (got.length() < 20) {
          got.append(text(lines.next()));
        }
        file(yaml.replace("NAME", "second"));
        hangUp(process);
        var reload = Cli.object(out.readLine());
        assertThat(reload.text("event")).isEqualTo("reload");
        assertThat(reload.number("generation", 0)).isEqualTo(2);
        file("upstreams: 7\n");
        hangUp(process);
        var refused = Cli.object(out.readLine());
        assertThat(refused.number("generation", 0)).isEqualTo(2);
        assertThat(items(refused, "errors")).hasSize(1);
        lines.forEachRemaining(line -> got.append(text(line)));
        assertThat(got.toString()).isEqualTo(TEXT);
        assertThat(Cli.object(out.readLine()).text("upstream")).isEqualTo("first");
        var next =
            http.send(post(url + "/v1/chat/completions"), HttpResponse.BodyHandlers.ofString());
        assertThat(next.headers().firstValue("x-holdfast-upstream")).contains("second");
      } finally {
        process.destroyForcibly();
      }
    }
  }

  private static void hangUp(Process process) throws Exception {
    var kill = new ProcessBuilder("kill", "-HUP", String.valueOf(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  /** The start-up cache is made of it: what it leaves out makes starts slower. */
  @Test
  void aRehearsalServesAStreamOfEachProtocolThatIsBroken() {
    var ran = new Cli().run("serve", "--rehearse", "--json");
    assertThat(ran.err()).isEmpty();
    assertThat(ran.code()).isZero();
    var requests =
        ran.outLines().stream()
            .map(Cli::object)
            .filter(line -> line.text("event").equals("request"))
            .toList();
    assertThat(requests.stream().map(line -> line.text("path")))
        .containsExactly(
            "/v1/chat/completions",
            "/v1/messages",
            "/v1/responses",
            "/v1beta/models/m:streamGenerateContent",
            "/api/chat");
    assertThat(requests.stream().map(line -> line.text("outcome"))).containsOnly("recovered");
    assertThat(new Cli().run("serve", "--help").out()).doesNotContain("rehearse");
  }

  @Test
  void aTakenPortIsNamed() {
    try (var taken = FaultServer.builder().start()) {
      var ran = new Cli().run("serve", "--port", String.valueOf(taken.port()));
      assertThat(ran.code()).isEqualTo(2);
      assertThat(ran.err())
          .isEqualTo(
              "holdfast serve: --port: must be free to listen on, was " + taken.port() + "\n");
    }
  }

  private static List<Json> items(Json.Obj object, String name) {
    return Objects.requireNonNull(object.array(name), name).items();
  }
}
