package dev.holdfast.cli.simulate;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Which commit the sources around a directory are at, from git. */
final class SourceCommit {
  private SourceCommit() {}

  /** {@return the commit of the clone that the running tool was built in} */
  static String ofTool() {
    var self = SourceCommit.class.getResource("SourceCommit.class");
    String place = self == null ? "" : self.toString();
    // Of a class in a jar the file is named before the exclamation mark.
    int from = place.indexOf("file:");
    int to = place.indexOf('!');
    if (from < 0) {
      return "unknown";
    }
    var directory =
        Path.of(URI.create(to < 0 ? place.substring(from) : place.substring(from, to))).getParent();
    return directory == null ? "unknown" : of(directory);
  }

  /**
   * {@return the commit's id, with {@code +} behind it if the engine or the test kit was changed
   * since; {@code unknown} without git}
   */
  static String of(Path directory) {
    try {
      String id = git(directory, "rev-parse", "--short=12", "HEAD");
      if (!id.matches("[0-9a-f]{12,}")) {
        return "unknown";
      }
      String top = git(directory, "rev-parse", "--show-toplevel");
      String changed = git(Path.of(top), "status", "--porcelain", "--", "core", "testkit");
      return changed.isEmpty() ? id : id + "+";
    } catch (IOException e) {
      return "unknown"; // There is no git.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "unknown";
    }
  }

  private static String git(Path directory, String... arguments)
      throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of("git", "-C", directory.toString()));
    command.addAll(List.of(arguments));
    var process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String output;
    try (var out = process.getInputStream()) {
      output = new String(out.readAllBytes(), StandardCharsets.UTF_8).strip();
    }
    return process.waitFor() == 0 ? output : "";
  }
}
