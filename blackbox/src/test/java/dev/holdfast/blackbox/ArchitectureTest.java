package dev.holdfast.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Holds the house to its plan, and shows for each rule that it can fail. */
class ArchitectureTest {
  private static final String ROOT = "dev.holdfast";
  private static final String ROTTEN = "dev.holdfast.blackbox.rotten";

  private static List<ArchRule> rules(String root) {
    return Stream.concat(
            HouseRules.onlyPermittedDependencies(root).stream(),
            Stream.of(
                HouseRules.everyPackageHasARow(root),
                HouseRules.theCoreOwnsNoClockThreadOrChance(root),
                HouseRules.theLibrariesStartNoThreadForDelays(root),
                HouseRules.theTestkitNeverUsesTheCoresEncoders(root),
                HouseRules.everyPackageIsNullMarked(),
                HouseRules.namesSayWhatATypeIs(),
                HouseRules.membersHavePlainNames(),
                HouseRules.topLevelTypesAreClosed(root)))
        .toList();
  }

  private static List<String> complaints(String root, JavaClasses classes) {
    return rules(root).stream().flatMap(rule -> HouseRules.broken(rule, classes).stream()).toList();
  }

  /** {@return packages of more top-level types than that, and how many they have} */
  private static Map<String, Long> crowded(JavaClasses classes, long limit) {
    var sizes =
        classes.stream()
            .filter(type -> type.isTopLevelClass() && !type.getSimpleName().equals("package-info"))
            .collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting()));
    sizes.values().removeIf(size -> size <= limit);
    return sizes;
  }

  @Nested
  class TheHouse {
    private static final JavaClasses HOUSE = ProductionClasses.ALL;

    @Test
    void keepsItsRules() {
      assertThat(HOUSE).as("production classes on the class path").isNotEmpty();
      assertThat(complaints(ROOT, HOUSE)).isEmpty();
    }

    @Test
    void isDrawnInOneDirection() {
      assertThat(PermittedDependencies.upward(PermittedDependencies.rows())).isEmpty();
    }

    @Test
    void hasNoPackageOver25Types() {
      assertThat(crowded(HOUSE, 25)).isEmpty();
    }

    @Test
    void hasNoFileOver600Lines() {
      assertThat(SourceTree.files(SourceTree.root(), ".java")).hasSizeGreaterThan(40);
      assertThat(SourceTree.longerThan(600, SourceTree.root())).isEmpty();
    }
  }

  @Nested
  class ARottenHouse {
    private static final List<String> COMPLAINTS =
        complaints(ROTTEN, new ClassFileImporter().importPackages(ROTTEN));

    @ParameterizedTest(name = "{0}")
    @CsvSource(
        delimiter = '|',
        textBlock =
            """
            # case                                 | type                           | complaint names
            a package sees one further on          | core.stream.SeesTheEngine      | core.engine.DrawsChance
            JSON outside the dialects              | core.frame.ReadsJson           | tools.jackson.core.JsonToken
            a lock in the core                     | core.frame.Locks               | java.util.concurrent.locks.ReentrantLock
            a socket in the core                   | core.spi.OpensSockets          | java.net.Socket
            a channel in the core                  | core.frame.OpensChannels       | java.nio.channels.FileChannel
            a logger in the core                   | core.engine.Logs               | java.lang.System.getLogger
            the machine's clock                    | core.engine.LooksAtTheClock    | java.lang.System.nanoTime
            today's date                           | core.dialect.KnowsTheDate      | java.time.Instant.now
            a thread in the core                   | core.engine.StartsThreads      | java.lang.Thread
            a thread for delays                    | client.DelaysByTheJdk          | CompletableFuture.delayedExecutor
            chance of its own                      | core.engine.DrawsChance        | java.util.SplittableRandom
            chance outside the engine              | core.policy.TakesChance        | java.util.random.RandomGenerator
            the core sees the client               | core.spi.SeesTheClient         | client.SeesTheTestkit
            siblings see each other                | client.SeesTheTestkit          | testkit.UsesTheEncoder
            paired bugs                            | testkit.UsesTheEncoder         | core.frame.FrameEncoder
            paired bugs in a protocol              | testkit.SpeaksByTheEncoder     | core.dialect.AnswerEncoder
            somebody depends on the tests          | cli.SeesTheTests               | dev.holdfast.blackbox.SourceTree
            a package nobody planned               | core.misc.Unplanned            | table of permitted dependencies
            a package without nullness             | core.misc.Unplanned            | @NullMarked
            a name for nothing                     | cli.NameManager                | Manager
            a private English                      | cli.Open.isSaidBy              | private English
            a class open to inheritance            | cli.Open                       | final, sealed
            """)
    void isComplainedAbout(String name, String type, String named) {
      assertThat(COMPLAINTS)
          .as(name)
          .anySatisfy(line -> assertThat(line).contains(ROTTEN + "." + type).contains(named));
    }

    @Test
    void hasAnArrowUpward() {
      var low = new PermittedDependencies.Row("low", List.of("high"), List.of());
      var high = new PermittedDependencies.Row("high", List.of(), List.of());
      assertThat(PermittedDependencies.upward(List.of(low, high))).containsExactly("low -> high");
    }

    @Test
    void hasACrowdedPackage() {
      var classes = new ClassFileImporter().importPackages(ROTTEN);
      assertThat(crowded(classes, 1)).containsKey(ROTTEN + ".core.frame");
    }

    @Test
    void hasALongFile(@TempDir Path top) throws IOException {
      Files.write(top.resolve("Long.java"), Collections.nCopies(601, "//"));
      Files.write(top.resolve("Short.java"), Collections.nCopies(600, "//"));
      assertThat(SourceTree.longerThan(600, top)).containsExactly("Long.java: 601 lines");
    }
  }
}
