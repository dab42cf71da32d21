package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.holdfast.core.json.Json;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code demo --web} as a process: how it begins, and that nothing of it is left. */
class WebDemoTest {
  @TempDir private Path temp;

  @Test
  @Timeout(600) // Starts two JVMs, on a machine that may be busy.
  void aSignalEndsAllOfItAndRemovesTheJournal() throws Exception {
    assumeFalse(System.getProperty("os.name").startsWith("Windows"), "there are no signals");
    var process = start();
    try (var out = process.inputReader(StandardCharsets.UTF_8);
        var client = HttpClient.newHttpClient()) {
      Json.Obj listening = Cli.object(out.readLine());
      assertThat(listening.text("event")).isEqualTo("listening");
      var page = HttpRequest.newBuilder(URI.create(listening.text("url"))).build();
      var answer = client.send(page, HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).contains("Holdfast playground");
      assertThat(children(temp)).hasSize(1);
      List<ProcessHandle> gateways = process.children().toList();
      assertThat(gateways).hasSize(1);

      assertThat(process.toHandle().destroy()).isTrue();
      assertThat(process.waitFor()).isEqualTo(128 + 15);
      gateways.getFirst().onExit().join();
      assertThat(children(temp)).isEmpty();
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  @Timeout(600)
  void theGatewayEndsWithAParentThatIsKilled() throws Exception {
    var process = start();
    try (var out = process.inputReader(StandardCharsets.UTF_8)) {
      assertThat(Cli.object(out.readLine()).text("event")).isEqualTo("listening");
      List<ProcessHandle> gateways = process.children().toList();
      assertThat(gateways).hasSize(1);
      process.destroyForcibly();
      gateways.getFirst().onExit().join();
    } finally {
      process.destroyForcibly();
    }
  }

  private Process start() throws Exception {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Dholdfast.grace-seconds=300", // A second is for people.
            "-Djava.io.tmpdir=" + temp,
            "-cp",
            System.getProperty("java.class.path"),
            "dev.holdfast.cli.Main",
            "demo",
            "--web",
            "--json")
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static List<Path> children(Path folder) throws Exception {
    try (var files = Files.list(folder)) {
      return files.filter(file -> file.getFileName().toString().startsWith("holdfast-")).toList();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--port 1                 | --port: must be given with --web, was 1",
        "--web --port 70000       | --port: must be 0 to 65535, was 70000",
        "--web --gateway          | --web: must come without --engine, --gateway and --rung, was with one",
        "--web --engine http://[::1]/ | --web: must come without --engine, --gateway and --rung, was with one",
        "--web --rung anchor      | --web: must come without --engine, --gateway and --rung, was with one",
        "--web --model m          | --model: must be given with --engine, was given without it"
      })
  void optionsThatDoNotFitAreRefused(String options, String sentence) {
    var ran = new Cli().run(("demo " + options).split(" "));
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).isEqualTo("holdfast demo: " + sentence + "\n");
  }

  @Test
  void aPortThatIsTakenIsNamed() throws Exception {
    try (var taken = Cli.takenPort()) {
      String port = String.valueOf(taken.getLocalPort());
      var ran = new Cli().run("demo", "--web", "--port", port);
      assertThat(ran.code()).isEqualTo(2);
      assertThat(ran.err())
          .isEqualTo("holdfast demo: --port: must be free to listen on, was " + port + "\n");
    }
  }
}
