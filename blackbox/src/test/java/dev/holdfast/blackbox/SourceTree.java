package dev.holdfast.blackbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
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
    var found = new ArrayList<Path>();
    try {
      // What is not ours is not entered: others make and delete files there all the time.
      Files.walkFileTree(
          top,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
              boolean ours = folder.equals(top) || !NOT_OURS.contains(name(folder));
              return ours ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              if (file.toString().endsWith(ending)
                  && attributes.isRegularFile()
                  && !NOT_OURS.contains(name(file))) {
                found.add(file);
              }
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found.stream().sorted().toList();
  }

  private static String name(Path path) {
    return path.getFileName().toString();
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
