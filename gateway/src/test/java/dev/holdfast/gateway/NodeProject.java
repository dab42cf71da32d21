package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A project of {@code integrations}, with its packages installed by npm as its lock names them. */
public final class NodeProject {
  private static final Path ROOT = Path.of(System.getProperty("holdfast.root", ".."));

  private final Path target;

  private NodeProject(Path target) {
    this.target = target;
  }

  /**
   * {@return the project of a directory} Installs once; without npm the test is skipped, except in
   * CI.
   */
  public static NodeProject installed(String name) throws IOException, InterruptedException {
    boolean there = isInPath("npm") && isInPath("node");
    if (!there && System.getenv("CI") == null) {
      assumeTrue(false, "npm and node: must be in PATH for this test, were not; CI has them");
    }
    assertThat(there).as("npm and node in PATH").isTrue();
    Path source = ROOT.resolve("integrations").resolve(name);
    var project = new NodeProject(Path.of("target").resolve(name).toAbsolutePath());
    Files.createDirectories(project.target);
    // Two processes of one build may want it at a time.
    Path guard = project.target.resolveSibling(name + ".lock");
    try (var channel =
            FileChannel.open(guard, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        var held = channel.lock()) {
      assertThat(held.isValid()).isTrue();
      project.install(source);
    }
    return project;
  }

  private void install(Path source) throws IOException, InterruptedException {
    try (var files = Files.list(source)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.writeString(target.resolve(file.getFileName().toString()), Files.readString(file));
      }
    }
    var stamp = target.resolve("installed.json");
    String lock = Files.readString(source.resolve("package-lock.json"));
    if (!Files.exists(stamp) || !Files.readString(stamp).equals(lock)) {
      run(Map.of(), "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts");
      Files.writeString(stamp, lock);
    }
  }

  /** {@return where it is installed} */
  public Path directory() {
    return target;
  }

  private static boolean isInPath(String program) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  /** {@return what a program that succeeds prints} */
  public String run(Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    var output = Files.createTempFile("holdfast-node", ".log");
    int code = code(output, environment, command);
    String text = Files.readString(output);
    assertThat(code).as("%s%n%s", List.of(command), text).isZero();
    return text;
  }

  /** {@return the exit code of a program that prints to a file} */
  public int code(Path output, Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    var builder =
        new ProcessBuilder(new ArrayList<>(List.of(command)))
            .directory(target.toFile())
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
