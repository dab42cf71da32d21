package dev.holdfast.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Shows that the checks see what they are for: one line of the journal is changed, compiled and
 * loaded beside the healthy classes, and a check that passes for those must fail.
 */
@Tag("slow")
final class PlantedBugsTest {
  private static final int SEEDS = 300;

  @TempDir private Path classes;

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          no checksum is compared            | flips   | format/Records.java  | checksum(in, at, length) != in.getInt(at) | checksum(in, at, length) == 1
          reported before it is synced       | crashes | log/ShardWriter.java | segment.syncedTo(segment.end + bytes.remaining()); | segment.synced = segment.end + bytes.remaining();
          a torn tail counts                 | crashes | log/SegmentScan.java | position += record.limit(); | position += Math.max(60, record.limit() / 2);
          a header is not synced             | crashes | log/ShardWriter.java | settings.files().syncDirectory(directory);\\n    } catch | ;\\n    } catch
          a refused batch is counted         | crashes | log/ShardWriter.java | previous == null ? 0 : Math.min(previous.end, previous.synced), | previous == null ? 0 : previous.end + 1,
          a failed segment is written to     | crashes | log/ShardWriter.java | active = null;\\n    if (segment == null) { | if (segment == null) {
          an end is not stored late          | crashes | log/ShardWriter.java | streams.fail(state, end);\\n          left.add( | streams.fail(state, end);\\n          java.util.Objects.requireNonNull(
          a removal is forgotten             | crashes | log/Span.java        | case Layout.KIND_DELETE -> deleted = true; | case Layout.KIND_DELETE -> deleted = false;
          an epoch is forgotten              | crashes | log/Span.java        | case Layout.KIND_FENCE -> epoch = Math.max(epoch, head.epoch()); | case Layout.KIND_FENCE -> epoch = epoch + 0;
          a page skips its first entry       | crashes | log/ShardReader.java | sequence > after.sequence() && | sequence > after.sequence() + (after.sequence() == 3 ? 1 : 0) &&
          a link is one batch too long       | crashes | log/RecordEncoder.java | stream.writtenLast = op.position; | stream.writtenLast = stream.writtenSegment == segment.head.number() ? stream.writtenLast : op.position;
          """)
  void isCaught(String bug, String check, String file, String healthy, String sick)
      throws Exception {
    plant(file, healthy.replace("\\n", "\n"), sick.replace("\\n", "\n"));
    var loader = new Beside(classes);
    String caught = check.equals("flips") ? flips(loader) : crashes(loader);
    System.out.printf("planted: %s: %s%n", bug, caught);
    assertThat(caught).as(bug).isNotEqualTo("not caught");
  }

  private static String crashes(Beside loader) throws ReflectiveOperationException {
    var campaign =
        loader
            .loadClass(CrashCampaign.class.getName())
            .getDeclaredConstructor(long.class, Consumer.class);
    campaign.setAccessible(true);
    var run = campaign.getDeclaringClass().getDeclaredMethod("run");
    run.setAccessible(true);
    for (long seed = 1; seed <= SEEDS; seed++) {
      try {
        Consumer<Object> none = files -> {};
        run.invoke(campaign.newInstance(seed, none));
      } catch (InvocationTargetException e) {
        return "seed " + seed + ", " + first(e.getCause());
      }
    }
    return "not caught";
  }

  private static String flips(Beside loader) throws ReflectiveOperationException {
    var test = loader.loadClass(FlippedBitsTest.class.getName()).getDeclaredConstructor();
    test.setAccessible(true);
    var run =
        test.getDeclaringClass()
            .getDeclaredMethod("everyFlippedBitIsFound", boolean.class, boolean.class);
    run.setAccessible(true);
    try {
      run.invoke(test.newInstance(), false, true);
      return "not caught";
    } catch (InvocationTargetException e) {
      return first(e.getCause());
    }
  }

  private static String first(@Nullable Throwable cause) {
    return String.valueOf(cause).lines().limit(2).toList().toString();
  }

  /** Compiles a file with one place changed. */
  private void plant(String file, String healthy, String sick) throws IOException {
    var root = Path.of(Objects.requireNonNull(System.getProperty("holdfast.root")));
    var source = root.resolve("journal/src/main/java/dev/holdfast/journal").resolve(file);
    String text = Files.readString(source);
    assertThat(text.split(Pattern.quote(healthy), -1))
        .as("%s must have once: %s", file, healthy)
        .hasSize(2);
    var changed = classes.resolve(Objects.requireNonNull(source.getFileName()));
    Files.writeString(changed, text.replace(healthy, sick));
    var compiler = ToolProvider.getSystemJavaCompiler();
    var complaints = new StringWriter();
    try (var manager = compiler.getStandardFileManager(null, null, null)) {
      boolean compiled =
          compiler
              .getTask(
                  complaints,
                  manager,
                  null,
                  List.of(
                      "-proc:none",
                      "-nowarn",
                      "-cp",
                      System.getProperty("java.class.path"),
                      "-d",
                      classes.toString()),
                  null,
                  manager.getJavaFileObjects(changed))
              .call();
      assertThat(compiled).as(complaints.toString()).isTrue();
    }
  }

  /** Loads the journal and its tests anew, with what was compiled in place of the healthy class. */
  private static final class Beside extends ClassLoader {
    private final Path compiled;

    Beside(Path compiled) {
      super(PlantedBugsTest.class.getClassLoader());
      this.compiled = compiled;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        if (!name.startsWith("dev.holdfast.journal.")) {
          return super.loadClass(name, resolve);
        }
        var loaded = findLoadedClass(name);
        if (loaded != null) {
          return loaded;
        }
        String path = name.replace('.', '/') + ".class";
        try (InputStream in =
            Files.exists(compiled.resolve(path))
                ? Files.newInputStream(compiled.resolve(path))
                : getParent().getResourceAsStream(path)) {
          byte[] bytes = Objects.requireNonNull(in, path).readAllBytes();
          return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
          throw new ClassNotFoundException(name, e);
        }
      }
    }
  }
}
