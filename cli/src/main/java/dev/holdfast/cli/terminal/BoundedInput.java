package dev.holdfast.cli.terminal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * Reads files and stdin whole, up to a limit: a device or a pipe may have no end. What cannot be
 * read is the user's to mend, so every failure is a {@link BadInputException}.
 */
public final class BoundedInput {
  /** 64 MiB: more than any request body, prompt or list of clients. */
  static final int MAX_BYTES = 64 << 20;

  private BoundedInput() {}

  /**
   * {@return stdin as text}
   *
   * @param thing the option or parameter that asks for it
   */
  public static String stdin(Terminal terminal, String thing) {
    try {
      return text(thing, "-", terminal.in());
    } catch (IOException e) {
      throw unreadable(thing, "stdin that can be read", "-", e);
    }
  }

  /**
   * {@return a file as text}
   *
   * @param thing the option or parameter that names it
   */
  public static String file(String thing, String name) {
    try (InputStream in = Files.newInputStream(Path.of(name))) {
      return text(thing, name, in);
    } catch (IOException | InvalidPathException e) {
      throw unreadable(thing, "a readable file", name, e);
    }
  }

  /**
   * {@return the lines of a file}
   *
   * @param thing the option or parameter that names it
   * @throws IOException if it cannot be read
   */
  public static List<String> lines(String thing, Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return text(thing, file.toString(), in).lines().toList();
    }
  }

  private static String text(String thing, String name, InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(MAX_BYTES + 1);
    if (bytes.length > MAX_BYTES) {
      throw BadInputException.of(
          thing, "must be at most " + (MAX_BYTES >> 20) + " MiB", name + ", which is longer");
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static BadInputException unreadable(
      String thing, String wanted, String name, Exception e) {
    return BadInputException.of(thing, "must be " + wanted, name + " (" + reason(e) + ")");
  }

  /** {@return why something cannot be read or written, in a few words} */
  public static String reason(Exception e) {
    return switch (e) {
      case NoSuchFileException missing -> "no such file";
      case AccessDeniedException denied -> "access denied";
      default -> {
        String message = Objects.requireNonNullElse(e.getMessage(), "");
        if (message.contains("Is a directory")) {
          yield "a directory";
        }
        if (message.contains("Bad file descriptor")) {
          yield "it is closed";
        }
        yield message.isBlank() ? e.getClass().getSimpleName() : message;
      }
    };
  }
}
