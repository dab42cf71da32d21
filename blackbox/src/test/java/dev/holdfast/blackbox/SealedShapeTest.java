package dev.holdfast.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * A new member of a public sealed type or enum breaks the exhaustive switches of our callers, and
 * no tool that compares versions notices. So every member stands in {@code shapes.txt}.
 */
public class SealedShapeTest {
  private static final String TABLE = "blackbox/src/test/resources/shapes.txt";
  private static final String ACTUAL = "blackbox/target/shapes.txt";

  @Test
  void publicSealedTypesAndEnumsHaveExactlyTheMembersOfTheTable() throws IOException {
    String shapes =
        Shapes.of(
            new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages(
                    "dev.holdfast.core", "dev.holdfast.client", "dev.holdfast.testkit"));
    Path root = SourceTree.root();
    Files.writeString(root.resolve(ACTUAL), shapes);
    assertThat(shapes)
        .as(
            "If the change is meant, it needs a line in CHANGELOG.md and:\n  cp %s %s",
            ACTUAL, TABLE)
        .isEqualTo(Files.readString(root.resolve(TABLE)));
  }

  @Test
  void aNewMemberOrComponentChangesTheTable() {
    assertThat(Shapes.of(new ClassFileImporter().importClasses(Weather.class, Weather.Wind.class)))
        .isEqualTo(
            """
            sealed dev.holdfast.blackbox.SealedShapeTest$Weather
              Calm
              Rain(int millimetres, String where)

            enum dev.holdfast.blackbox.SealedShapeTest$Weather$Wind
              NORTH
              SOUTH
            """);
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
