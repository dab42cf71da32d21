package dev.holdfast.blackbox.engine;

import dev.holdfast.blackbox.SourceTree;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * The engine as {@code ../shared/real-engine/setup.sh} builds it, once, in the user's cache
 * directory: about three minutes of one core, and 60 MB from the npm registry.
 */
final class EngineBuild {
  /** The models that the tests ask: {@link Engine#MODEL}, and the one with tools. */
  private static final String MODELS = "phi-3 gpt-2";

  private static final List<String> RECIPE =
      List.of("setup.sh", "mkmodel.py", "texts.py", "tok.cpp");
  private static final List<String> PROGRAMS = List.of("npm", "g++", "git", "python3");
  private static final String PACKAGE = "node-llama-cpp@3.21.1";
  private static final int REGISTRY_SECONDS = 60;
  private static final int SETUP_MINUTES = 9;

  private static final FutureFolder FOLDER = new FutureFolder();

  private EngineBuild() {}

  /**
   * {@return the folder of the engine} Built at the first call in the long form. Without the recipe
   * or the registry, or before that build, the test is skipped; without a program it is skipped
   * too, but fails in CI.
   */
  static Path folder() {
    Path recipe = recipe();
    if (!Files.isRegularFile(recipe.resolve("setup.sh"))) {
      Assumptions.abort("the real engine: needs " + recipe + ", which is missing");
    }
    return FOLDER.get(recipe);
  }

  private static Path recipe() {
    String shared =
        System.getProperty("holdfast.shared", SourceTree.root().resolve("../shared").toString());
    return Path.of(shared, "real-engine").normalize();
  }

  /** The result of the one build in this JVM, or why there is none. */
  private static final class FutureFolder {
    private Optional<Path> built = Optional.empty();
    private String reason = "";
    private boolean mayBeMissing;

    synchronized Path get(Path recipe) {
      if (built.isEmpty() && reason.isEmpty()) {
        try {
          built = Optional.of(build(recipe));
        } catch (NoRegistryException | NotBuiltException e) {
          mayBeMissing = true;
          reason = "the real engine: " + e.getMessage();
        } catch (IOException e) {
          reason = "the real engine: " + e.getMessage();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          reason = "the real engine: its build was interrupted";
        }
      }
      if (built.isEmpty()) {
        if (!mayBeMissing && System.getenv("CI") != null) {
          throw new AssertionError(reason);
        }
        Assumptions.abort(reason);
      }
      return built.orElseThrow();
    }
  }

  /** The packages cannot be fetched. */
  private static final class NoRegistryException extends IOException {
    private static final long serialVersionUID = 1;

    NoRegistryException() {
      super("needs " + PACKAGE + " of the npm registry, which did not answer");
    }
  }

  /** The build would take minutes, which only the long form has. */
  private static final class NotBuiltException extends IOException {
    private static final long serialVersionUID = 1;

    NotBuiltException(Path folder) {
      super("is not in " + folder + " yet; .ci/run or -Plong builds it, once");
    }
  }

  private static void askRegistry() throws IOException, InterruptedException {
    var asked = new ProcessBuilder("npm", "view", PACKAGE, "version");
    asked
        .redirectInput(new File("/dev/null"))
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    Process process = asked.start();
    boolean ended = process.waitFor(REGISTRY_SECONDS, TimeUnit.SECONDS);
    if (!ended) {
      process.destroy();
    }
    if (!ended || process.exitValue() != 0) {
      throw new NoRegistryException();
    }
  }

  private static Path build(Path recipe) throws IOException, InterruptedException {
    String caches = System.getenv().getOrDefault("XDG_CACHE_HOME", "");
    Path folder =
        (caches.isBlank() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(caches))
            .resolve("holdfast-engine");
    Files.createDirectories(folder);
    try (var lock =
            FileChannel.open(
                folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        var held = lock.lock()) {
      Path mark = folder.resolve(".recipe");
      String digest = digest(recipe);
      String wanted = digest + " " + MODELS;
      String known = Files.exists(mark) ? Files.readString(mark).strip() : "";
      if (!known.equals(wanted)) {
        if (!Boolean.getBoolean("holdfast.long")) {
          throw new NotBuiltException(folder);
        }
        if (!known.isEmpty() && !known.startsWith(digest)) {
          clear(folder); // Of another version.
        }
        setUp(recipe, folder);
        Files.writeString(mark, wanted + "\n");
      }
      if (!held.isValid()) {
        throw new IOException("the lock of " + folder + " was lost");
      }
    }
    return folder;
  }

  private static void setUp(Path recipe, Path folder) throws IOException, InterruptedException {
    var missing = PROGRAMS.stream().filter(program -> !isInstalled(program)).toList();
    if (!missing.isEmpty()) {
      throw new IOException("needs " + String.join(", ", missing) + " to be built, not installed");
    }
    askRegistry();
    Path model = folder.resolve(Engine.MODEL);
    boolean hadModel = Files.exists(model);
    Path log = folder.resolve("setup.log");
    var setUp = new ProcessBuilder(recipe.resolve("setup.sh").toString(), folder.toString());
    setUp.environment().put("JOBS", "2");
    setUp.environment().put("MODELS", MODELS);
    setUp
        .redirectInput(new File("/dev/null"))
        .redirectErrorStream(true)
        .redirectOutput(log.toFile());
    Process process = setUp.start();
    boolean ended = process.waitFor(SETUP_MINUTES, TimeUnit.MINUTES);
    if (!ended) {
      process.descendants().forEach(ProcessHandle::destroy);
      process.destroy();
    }
    if (!ended || process.exitValue() != 0) {
      if (!hadModel) {
        Files.deleteIfExists(model); // It may be half of one.
      }
      throw new IOException(
          ended
              ? "setup.sh: must end with 0, was " + process.exitValue() + ": " + lastLine(log)
              : "setup.sh: must end within " + SETUP_MINUTES + " minutes, was still running");
    }
  }

  private static String lastLine(Path log) throws IOException {
    var lines = Files.readAllLines(log);
    return lines.isEmpty() ? "no output" : lines.getLast();
  }

  private static boolean isInstalled(String program) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  private static String digest(Path recipe) throws IOException {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      for (String file : RECIPE) {
        digest.update(Files.readAllBytes(recipe.resolve(file)));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static void clear(Path folder) throws IOException {
    var old = new ArrayList<Path>();
    try (var walk = Files.walk(folder)) {
      walk.filter(path -> !path.equals(folder) && !path.endsWith(".lock")).forEach(old::add);
    }
    for (Path path : old.reversed()) {
      Files.delete(path);
    }
  }
}
