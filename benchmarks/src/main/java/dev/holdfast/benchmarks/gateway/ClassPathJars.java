package dev.holdfast.benchmarks.gateway;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * The class path of {@code holdfast serve}, of this process's parts: without the libraries that are
 * only compared here. Its folders are put into jars, for start-up caches take none.
 */
final class ClassPathJars {
  /** Before the names of the libraries that the gateway needs. */
  private static final List<String> NEEDED =
      List.of(
          "netty-",
          "jackson-core-",
          "snakeyaml-engine-",
          "lettuce-core-",
          "redis-authx-core-",
          "reactor-core-",
          "reactive-streams-",
          "slf4j-api-");

  private static final String NATIVE_JAR = "netty-transport-native-epoll-";
  private static final String LIBRARY = "META-INF/native/";

  private ClassPathJars() {}

  /** {@return the class path, its folders packed into {@code folder}} */
  static String in(Path folder) throws IOException {
    List<String> parts = new ArrayList<>();
    for (Path path : own()) {
      if (Files.isDirectory(path)) {
        Path jar = folder.resolve(parts.size() + ".jar");
        pack(path, jar);
        parts.add(jar.toString());
      } else if (NEEDED.stream().anyMatch(path.getFileName().toString()::startsWith)) {
        parts.add(path.toString());
      }
    }
    return String.join(File.pathSeparator, parts);
  }

  /** {@return a folder with the libraries of epoll as files, as the script has it} */
  static Path natives(Path folder) throws IOException {
    Path natives = Files.createDirectories(folder.resolve("native"));
    for (Path path : own()) {
      if (path.getFileName().toString().startsWith(NATIVE_JAR)) {
        unpack(path, natives);
      }
    }
    return natives;
  }

  private static List<Path> own() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .map(Path::of)
        .filter(Files::exists)
        .toList();
  }

  private static void unpack(Path jar, Path folder) throws IOException {
    try (var in = new JarFile(jar.toFile())) {
      for (var entry : in.stream().filter(one -> one.getName().startsWith(LIBRARY)).toList()) {
        String name = entry.getName().substring(LIBRARY.length());
        if (name.endsWith(".so")) {
          Files.write(folder.resolve(name), in.getInputStream(entry).readAllBytes());
        }
      }
    }
  }

  private static void pack(Path from, Path jar) throws IOException {
    try (var out = new JarOutputStream(Files.newOutputStream(jar));
        var files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = from.relativize(file).toString();
        if (!name.equals("module-info.class")) {
          out.putNextEntry(new JarEntry(name));
          Files.copy(file, out);
        }
      }
    }
  }
}
