package dev.holdfast.blackbox;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;

/** What the project ships, read once. Held in static fields: reading counts for no test's limit. */
final class ProductionClasses {
  /** All classes of all modules on the class path, tests left out. */
  static final JavaClasses ALL =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.holdfast");

  private ProductionClasses() {}
}
