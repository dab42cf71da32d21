package dev.holdfast.blackbox;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;

/** What the project ships, read once. Held in static fields: reading counts for no test's limit. */
final class ProductionClasses {
  /**
   * All classes of all modules on the class path, tests left out. ArchUnit's own option knows
   * {@code target/test-classes}, but not the folder of {@code -Pquick}.
   */
  static final JavaClasses ALL =
      new ClassFileImporter()
          .withImportOption(location -> !location.contains("/test-classes/"))
          .importPackages("dev.holdfast");

  private ProductionClasses() {}
}
