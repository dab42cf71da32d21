package dev.holdfast.blackbox.sim;

import dev.holdfast.blackbox.SourceTree;
import dev.holdfast.testkit.sim.Simulation;
import dev.holdfast.testkit.sim.draw.Situation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * Core with one line changed: its source is edited, compiled in memory, and loaded beside the
 * healthy classes in a loader of its own.
 */
public final class Mutant {
  private static final String OURS = "dev.holdfast.";

  private static final Path SOURCES = SourceTree.root().resolve("core/src/main/java");

  /** All of core's sources, read once: each mutant looks for its line in them. */
  private static final Map<Path, String> TEXTS = texts();

  private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();

  /** One for all mutants: it keeps the jars of the class path open. */
  private static final StandardJavaFileManager FILES =
      COMPILER.getStandardFileManager(null, null, null);

  private final Map<String, byte[]> classes;

  private Mutant(Map<String, byte[]> classes) {
    this.classes = classes;
  }

  /**
   * Changes one place of core, wherever it is.
   *
   * @param healthy source text that occurs exactly once
   * @param sick what stands there instead
   */
  public static Mutant of(String healthy, String sick) throws IOException {
    var found = new ArrayList<Path>();
    TEXTS.forEach((file, source) -> {
      int at = source.indexOf(healthy);
      if (at >= 0) {
        found.add(file);
        if (source.indexOf(healthy, at + 1) >= 0) {
          found.add(file);
        }
      }
    });
    if (found.size() != 1) {
      throw new AssertionError("must occur exactly once, was in " + found + ": " + healthy);
    }
    var file = found.getFirst();
    String path = SOURCES.relativize(file).toString();
    String name = path.substring(0, path.length() - ".java".length()).replace('/', '.');
    String source = Objects.requireNonNull(TEXTS.get(file));
    return new Mutant(compile(name, source.replace(healthy, sick)));
  }

  private static Map<Path, String> texts() {
    var texts = new HashMap<Path, String>();
    try {
      for (Path file : SourceTree.files(SOURCES, ".java")) {
        texts.put(file, Files.readString(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return texts;
  }

  /** {@return the first violation among these seeds, or empty} */
  String firstViolation(long first, long count) {
    return run(Probe.class, first, count);
  }

  /**
   * {@return what a probe says that runs inside the loader of the changed classes}
   *
   * @param type with a public constructor; loaded anew
   */
  public String run(Class<? extends BiFunction<Long, Long, String>> type, long first, long count) {
    try {
      var loader = new MutantLoader(classes);
      Class<?> probe = loader.loadClass(type.getName());
      @SuppressWarnings("unchecked") // Probe implements exactly this.
      var run = (BiFunction<Long, Long, String>) probe.getDeclaredConstructor().newInstance();
      return run.apply(first, count);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  private static Map<String, byte[]> compile(String className, String source) {
    var outputs = new HashMap<String, ByteArrayOutputStream>();
    var messages = new StringWriter();
    var files =
        new ForwardingJavaFileManager<JavaFileManager>(FILES) {
          @Override
          public JavaFileObject getJavaFileForOutput(
              Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
            return new SimpleJavaFileObject(URI.create("memory:///" + name), kind) {
              @Override
              public OutputStream openOutputStream() {
                var bytes = new ByteArrayOutputStream();
                outputs.put(name, bytes);
                return bytes;
              }
            };
          }
        };
    var unit =
        new SimpleJavaFileObject(
            URI.create("memory:///" + className.replace('.', '/') + ".java"),
            JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
          }
        };
    var options = List.of("-cp", System.getProperty("java.class.path"), "-nowarn", "-proc:none");
    if (!COMPILER.getTask(messages, files, null, options, null, List.of(unit)).call()) {
      throw new AssertionError("the mutant does not compile: " + messages);
    }
    var classes = new HashMap<String, byte[]>();
    outputs.forEach((name, bytes) -> classes.put(name, bytes.toByteArray()));
    return classes;
  }

  /** Loads all of Holdfast anew, the mutated classes from memory. */
  private static final class MutantLoader extends ClassLoader {
    private final Map<String, byte[]> mutated;

    MutantLoader(Map<String, byte[]> mutated) {
      super(Mutant.class.getClassLoader());
      this.mutated = mutated;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        if (loaded == null && name.startsWith(OURS)) {
          byte[] bytes = bytes(name);
          if (bytes != null) {
            loaded = defineClass(name, bytes, 0, bytes.length);
          }
        }
        return loaded == null ? super.loadClass(name, resolve) : loaded;
      }
    }

    private byte @Nullable [] bytes(String name) throws ClassNotFoundException {
      byte[] ours = mutated.get(name);
      if (ours != null) {
        return ours;
      }
      try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
        return in == null ? null : in.readAllBytes();
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }

  /** What runs inside the mutant's loader; types of the JDK cross the border. */
  public static final class Probe implements BiFunction<Long, Long, String> {
    /** For the loader. */
    public Probe() {}

    @Override
    public String apply(Long first, Long count) {
      for (long seed = first; seed < first + count; seed++) {
        var complaint = Simulation.run(Situation.draw(seed)).complaint();
        if (!complaint.isEmpty()) {
          return complaint;
        }
      }
      return "";
    }
  }
}
