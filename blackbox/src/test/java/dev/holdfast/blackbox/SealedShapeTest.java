package dev.holdfast.blackbox;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * A new member of a public sealed type or enum breaks the exhaustive switches of our callers, and
 * no tool that compares versions notices. So every member stands in {@code shapes.txt}.
 */
public class SealedShapeTest {
  private static final String TABLE = "blackbox/src/test/resources/shapes.txt";
  private static final String ACTUAL = "blackbox/target/shapes.txt";

  /** What callers can see: the packages that a published module exports to everybody. */
  private static final List<String> SHAPES =
      Shapes.of(
          ProductionClasses.ALL.that(
              resideInAnyPackage(ModuleExports.toEverybody().toArray(String[]::new))));

  @Test
  void publicSealedTypesAndEnumsHaveExactlyTheMembersOfTheTable() throws IOException {
    Path root = SourceTree.root();
    Files.createDirectories(root.resolve(ACTUAL).getParent());
    Files.write(root.resolve(ACTUAL), SHAPES);
    assertThat(changes(SourceTree.lines(root.resolve(TABLE)), SHAPES))
        .as(
            "If the change is meant, it needs a line in CHANGELOG.md and:\n  cp %s %s",
            ACTUAL, TABLE)
        .isEmpty();
  }

  private static List<String> changes(List<String> before, List<String> after) {
    return Stream.concat(
            after.stream().filter(line -> !before.contains(line)).map(line -> "+ " + line),
            before.stream().filter(line -> !after.contains(line)).map(line -> "- " + line))
        .toList();
  }

  @Test
  void aChangeIsReportedByItsLine() {
    assertThat(changes(List.of("a", "b"), List.of("b", "c"))).containsExactly("+ c", "- a");
  }

  @Test
  void everyMemberHasALineAndEveryRecordItsComponents() {
    assertThat(Shapes.of(new ClassFileImporter().importClasses(Weather.class, Weather.Wind.class)))
        .containsExactly(
            Weather.class.getName() + ": Calm",
            Weather.class.getName() + ": Rain(int millimetres, String where)",
            Weather.Wind.class.getName() + ": NORTH",
            Weather.Wind.class.getName() + ": SOUTH");
  }

  /** A small sealed type whose shape is known. */
  public sealed interface Weather {
    /** A record member. */
    record Rain(int millimetres, String where) implements Weather {}

    /** A member that is no record. */
    final class Calm implements Weather {}

    /** An enum. */
    enum Wind {
      /** First in order, not by name. */
      NORTH,
      /** Second. */
      SOUTH
    }
  }
}
