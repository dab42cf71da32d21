package dev.holdfast.cli.terminal;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/** Files that hold an answer: their owner alone reads and writes them. */
public final class PrivateFiles {
  private static final Set<PosixFilePermission> OWNER =
      EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

  private PrivateFiles() {}

  /**
   * {@return a stream into a file that has mode 0600 before the first byte is written, also where
   * it was there before} Devices and pipes keep their mode, as do file systems without modes.
   */
  public static OutputStream open(Path file) throws IOException {
    boolean modes = Files.getFileStore(folder(file)).supportsFileAttributeView("posix");
    if (!modes || (Files.exists(file) && !Files.isRegularFile(file))) {
      return Files.newOutputStream(file);
    }
    if (Files.exists(file)) {
      Files.setPosixFilePermissions(file, OWNER);
    }
    FileAttribute<Set<PosixFilePermission>> mode = PosixFilePermissions.asFileAttribute(OWNER);
    return Channels.newOutputStream(
        Files.newByteChannel(
            file,
            Set.of(
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING),
            mode));
  }

  private static Path folder(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    Path existing = folder == null ? file.toAbsolutePath() : folder;
    return existing.toRealPath(new LinkOption[0]);
  }
}
