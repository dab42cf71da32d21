package dev.holdfast.cli.journal;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.journal.JournalFinding;
import dev.holdfast.journal.JournalInspection;
import dev.holdfast.journal.JournalOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What all commands on a journal take: its directory, and the key if it is encrypted. */
final class JournalFolder {
  @Parameters(index = "0", paramLabel = "DIR", description = "the directory of the journal")
  private String directory = "";

  @Option(
      names = "--key-env",
      paramLabel = "VAR",
      description = "environment variable with the journal's key, as 64 hexadecimal digits")
  private @Nullable String keyVariable;

  /** {@return the journal; a person may read it while a process writes} */
  JournalInspection open(Terminal terminal) {
    try {
      var path = Path.of(directory);
      if (!Files.isDirectory(path)) {
        throw refused(Files.exists(path) ? "a file" : "no such directory");
      }
      return JournalInspection.open(path, key(terminal));
    } catch (InvalidPathException e) {
      throw refused("no path");
    } catch (IOException e) {
      throw refused(String.valueOf(e.getMessage()));
    }
  }

  private BadInputException refused(String why) {
    return BadInputException.of(
        "DIR", "must be the directory of a journal", directory + " (" + why + ")");
  }

  private byte @Nullable [] key(Terminal terminal) {
    if (keyVariable == null) {
      return null;
    }
    String hex = terminal.environment(keyVariable).strip();
    boolean formed =
        hex.length() == 2 * JournalOptions.KEY_BYTES && hex.chars().allMatch(HexFormat::isHexDigit);
    if (!formed) {
      throw BadInputException.of(
          "--key-env",
          "must name a variable with 64 hexadecimal digits",
          keyVariable + " (" + hex.length() + " characters)");
    }
    return HexFormat.of().parseHex(hex);
  }

  /** {@return the id that was given} */
  static StreamId id(String text) {
    try {
      return StreamId.parse(text);
    } catch (IllegalArgumentException e) {
      throw new BadInputException("ID: must have 32 hexadecimal digits, was " + text);
    }
  }

  /** {@return whether anything is wrong with the files that were read} Names it on stderr. */
  boolean complain(Terminal terminal, String command, JournalInspection journal) {
    boolean damaged = false;
    for (JournalFinding finding : journal.findings()) {
      if (finding.damaged()) {
        terminal.complain(command, "DIR: must be undamaged, was damaged: " + sentence(finding));
        damaged = true;
      }
    }
    return damaged;
  }

  static String sentence(JournalFinding finding) {
    return finding.file() + ", byte " + finding.position() + ": " + finding.what();
  }
}
