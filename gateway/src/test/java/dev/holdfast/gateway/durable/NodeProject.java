package dev.holdfast.gateway.durable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The packages of {@code integrations/durable-streams}, installed by npm as its lock names them.
 */
final class NodeProject {
  private static final List<String> FILES =
      List.of(
          "package.json",
          "package-lock.json",
          "vitest.config.mjs",
          "conformance.test.mjs",
          "client.mjs");
  private static final Path ROOT = Path.of(System.getProperty("holdfast.root", ".."));
  private static final Path SOURCE = ROOT.resolve("integrations/durable-streams");
  private static final Path TARGET = Path.of("target/durable-streams").toAbsolutePath();

  private NodeProject() {}

  /** {@return the directory} Installs once; without npm the test is skipped, except in CI. */
  static Path installed() throws IOException, InterruptedException {
    boolean there = isInPath("npm") && isInPath("node");
    if (!there && System.getenv("CI") == null) {
      assumeTrue(false, "npm and node: must be in PATH for this test, were not; CI has them");
    }
    assertThat(there).as("npm and node in PATH").isTrue();
    Files.createDirectories(TARGET);
    for (String file : FILES) {
      Files.writeString(TARGET.resolve(file), Files.readString(SOURCE.resolve(file)));
    }
    var stamp = TARGET.resolve("installed.json");
    String lock = Files.readString(SOURCE.resolve("package-lock.json"));
    if (!Files.exists(stamp) || !Files.readString(stamp).equals(lock)) {
      run(Map.of(), "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts");
      Files.writeString(stamp, lock);
    }
    return TARGET;
  }

  private static boolean isInPath(String program) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  /** {@return what a program that succeeds prints} */
  static String run(Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    var output = Files.createTempFile("durable-streams", ".log");
    int code = code(output, environment, command);
    String text = Files.readString(output);
    assertThat(code).as("%s%n%s", List.of(command), text).isZero();
    return text;
  }

  /** {@return the exit code of a program that prints to a file} */
  static int code(Path output, Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    var builder =
        new ProcessBuilder(new ArrayList<>(List.of(command)))
            .directory(TARGET.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().putAll(environment);
    var process = builder.start();
    try {
      assertThat(process.waitFor(9, TimeUnit.MINUTES)).as("%s ended", List.of(command)).isTrue();
      return process.exitValue();
    } finally {
      process.destroyForcibly();
    }
  }
}
