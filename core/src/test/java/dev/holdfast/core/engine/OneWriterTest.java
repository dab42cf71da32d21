package dev.holdfast.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What changes during a stream has one writer each, so that a state can be traced to its cause. */
class OneWriterTest {
  private static final Path SOURCES =
      Path.of(
          System.getProperty("holdfast.root", ".."), "core/src/main/java/dev/holdfast/core/engine");

  private static List<Path> sources() throws IOException {
    try (var files = Files.list(SOURCES)) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    }
  }

  @Test
  void aFieldThatChangesIsPrivate() throws Exception {
    var open = new ArrayList<String>();
    int changing = 0;
    for (var source : sources()) {
      String name = source.getFileName().toString().replace(".java", "");
      if (name.equals("package-info")) {
        continue;
      }
      for (var field : Class.forName("dev.holdfast.core.engine." + name).getDeclaredFields()) {
        if (!Modifier.isFinal(field.getModifiers())) {
          changing++;
          if (!Modifier.isPrivate(field.getModifiers())) {
            open.add(name + "." + field.getName());
          }
        }
      }
    }
    assertThat(open).isEmpty();
    assertThat(changing).isGreaterThan(30);
  }

  @Test
  void aPhaseBeginsInItsLaneOnly() throws IOException {
    var writers = new ArrayList<String>();
    for (var source : sources()) {
      if (Files.readString(source).contains("new Phase.")) {
        writers.add(source.getFileName().toString());
      }
    }
    assertThat(writers).containsExactly("Lane.java");
  }
}
