package dev.holdfast.cli.terminal;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** Reads the version from the jar's manifest. */
public final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = Version.class.getPackage().getImplementationVersion();
    return new String[] {
      "holdfast %s (Java %s)"
          .formatted(
              Objects.requireNonNullElse(version, "development"), Runtime.version().feature())
    };
  }
}
