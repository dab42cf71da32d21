package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.TextWrapper;
import dev.holdfast.core.json.Json;
import dev.holdfast.testkit.journal.RedisProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code demo --cluster}: each run starts a Redis and three JVMs. */
@Tag("slow")
@Timeout(600)
class ClusterDemoTest {
  @TempDir private Path temp;

  private static void assumeRedis() {
    assumeTrue(
        RedisProcess.program().isPresent(),
        "skipped: needs redis-server or valkey-server in PATH (Debian: apt install redis-server)");
  }

  private static List<Json.Obj> named(List<Json.Obj> lines, String event) {
    return lines.stream().filter(line -> line.text("event").equals(event)).toList();
  }

  @Test
  void theAnswerSurvivesTheDeathOfItsGateway() {
    assumeRedis();
    var ran = new Cli().run("demo", "--cluster", "--seed", "2", "--json");
    assertThat(ran.err()).isEmpty();
    List<Json.Obj> lines = ran.outLines().stream().map(Cli::object).toList();
    Json.Obj summary = lines.getLast();
    assertThat(summary.text("text")).isEqualTo(summary.text("expected")).hasSizeGreaterThan(500);
    String pieces =
        String.join("", named(lines, "text").stream().map(l -> l.text("text")).toList());
    assertThat(pieces).isEqualTo(summary.text("expected"));
    Json.Obj killed = named(lines, "killed").getFirst();
    assertThat(killed.number("node", 0)).isEqualTo(lines.getFirst().number("asked", -1));
    assertThat(summary.number("died", 0)).isEqualTo(killed.number("node", 0));
    assertThat(summary.number("continued_by", 0))
        .isBetween(1L, 3L)
        .isNotEqualTo(killed.number("node", 0));
    assertThat(named(lines, "seam").getFirst().number("offset", 0))
        .isEqualTo(summary.number("seam", -1))
        .isGreaterThanOrEqualTo(killed.number("characters", 0));
    assertThat(summary.number("asked", 0)).isEqualTo(2);
    assertThat(ran.code()).isZero();
  }

  @Test
  void theScreenNamesTheDeathAndTheHeirAndFitsIt() {
    assumeRedis();
    var plain = new Terminal.Screen(true, true, 80, false);
    var ran = new Cli().on(plain).with("NO_COLOR", "1").run("demo", "--cluster");
    assertThat(ran.code()).isZero();
    assertThat(ran.out())
        .doesNotContain("\u001b")
        .containsPattern("\nx node [123] is dead: kill -9 \\d+\n")
        .containsPattern("\n> node [123] takes the stream over, and has it continued by \\w+\n")
        .containsPattern("\n\\| joined at character \\d+, after ")
        .contains("= COMPLETE  all ")
        .contains("asked twice: for the answer, and for the rest of it");
    assertThat(ran.outLines()).allMatch(line -> TextWrapper.columns(line) <= 80);
  }

  @Test
  void aSignalEndsAllOfItAndRemovesItsFiles() throws Exception {
    assumeRedis();
    assumeFalse(System.getProperty("os.name").startsWith("Windows"), "there are no signals");
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dholdfast.grace-seconds=300", // A second is for people.
                "-Djava.io.tmpdir=" + temp,
                "-cp",
                System.getProperty("java.class.path"),
                "dev.holdfast.cli.Main",
                "demo",
                "--cluster",
                "--json")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (var out = process.inputReader(StandardCharsets.UTF_8)) {
      assertThat(Cli.object(out.readLine()).text("event")).isEqualTo("demo");
      List<ProcessHandle> started = process.children().toList();
      assertThat(started).hasSize(4); // Redis, and three gateways.
      assertThat(process.toHandle().destroy()).isTrue();
      assertThat(process.waitFor()).isEqualTo(128 + 15);
      started.forEach(child -> child.onExit().join());
      try (Stream<Path> files = Files.list(temp)) {
        assertThat(files.filter(file -> file.getFileName().toString().startsWith("holdfast-")))
            .isEmpty();
      }
    } finally {
      process.destroyForcibly();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "--gateway",
    "--web",
    "--rung anchor",
    "--protocol anthropic-messages",
    "--port 1",
  })
  void optionsThatDoNotFitAreRefused(String other) {
    var ran = new Cli().run(("demo --cluster " + other).split(" "));
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err())
        .isEqualTo(
            "holdfast demo: --cluster: must come with --seed and --json only, was with another"
                + " option\n");
  }

  @Test
  void aMachineWithoutRedisGetsASentence() throws Exception {
    var process =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            "dev.holdfast.cli.Main",
            "demo",
            "--cluster");
    process.environment().put("PATH", temp.toString());
    var started = process.redirectErrorStream(true).start();
    String output = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(started.waitFor()).isEqualTo(2);
    assertThat(output)
        .isEqualTo(
            "holdfast demo: --cluster: must find redis-server or valkey-server in PATH (Debian: apt"
                + " install redis-server), found neither\n");
  }
}
