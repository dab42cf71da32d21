package dev.holdfast.blackbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** The files of the project as they lie in the repository. */
public final class SourceTree {
  private static final Set<String> NOT_OURS = Set.of(".git", "target", "node_modules");

  private SourceTree() {}

  /** {@return the root of the repository, from the system property {@code holdfast.root}} */
  public static Path root() {
    return Path.of(
        Objects.requireNonNull(System.getProperty("holdfast.root"), "holdfast.root: must be set"));
  }

  /** {@return all files under {@code top} with this ending, sorted, build output left out} */
  public static List<Path> files(Path top, String ending) {
    try (var paths = Files.walk(top)) {
      return paths
          .filter(path -> path.toString().endsWith(ending) && Files.isRegularFile(path))
          .filter(path -> isOurs(top.relativize(path)))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isOurs(Path relative) {
    for (Path part : relative) {
      if (NOT_OURS.contains(part.toString())) {
        return false;
      }
    }
    return true;
  }

  /** {@return the lines of a UTF-8 file} */
  public static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@return the Java files under {@code top} that are longer than {@code limit} lines} */
  static List<String> longerThan(int limit, Path top) {
    return files(top, ".java").stream()
        .filter(file -> lines(file).size() > limit)
        .map(file -> top.relativize(file) + ": " + lines(file).size() + " lines")
        .toList();
  }
}
