package dev.holdfast.journal.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The files of this machine: mode 0600, directories 0700, where the file system has modes. */
public final class DiskFiles implements JournalFiles {
  private static final String LOCK = "lock";

  private final Path root;
  private final boolean modes;

  public DiskFiles(Path root) {
    this.root = root.toAbsolutePath().normalize();
    modes = root.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  @Override
  public void makeDirectory(String directory) throws IOException {
    var path = root.resolve(directory);
    if (Files.isDirectory(path)) {
      return;
    }
    Files.createDirectories(path, mode("rwx------"));
    var parent = path.getParent();
    if (parent != null) {
      sync(parent);
    }
  }

  @Override
  public List<String> list(String directory) throws IOException {
    var path = root.resolve(directory);
    if (!Files.isDirectory(path)) {
      return List.of();
    }
    try (Stream<Path> names = Files.list(path)) {
      return names.map(name -> String.valueOf(name.getFileName())).sorted().toList();
    }
  }

  @Override
  public JournalFile create(String path) throws IOException {
    return open(
        path,
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE));
  }

  @Override
  public JournalFile open(String path) throws IOException {
    return open(path, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
  }

  @Override
  public JournalFile openToWrite(String path) throws IOException {
    return open(
        path, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS));
  }

  private JournalFile open(String path, Set<? extends OpenOption> options) throws IOException {
    var file = root.resolve(path);
    return new DiskFile(file, FileChannel.open(file, options, mode("rw-------")));
  }

  @Override
  public void delete(String path) throws IOException {
    Files.delete(root.resolve(path));
  }

  @Override
  public void syncDirectory(String directory) throws IOException {
    sync(root.resolve(directory));
  }

  private static void sync(Path directory) throws IOException {
    try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (java.nio.file.AccessDeniedException e) {
      // Windows opens no directory; its file systems order these operations by themselves.
    }
  }

  @Override
  public Closeable lock() throws IOException {
    var file = root.resolve(LOCK);
    var channel =
        FileChannel.open(
            file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), mode("rw-------"));
    FileLock taken;
    try {
      taken = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      taken = null;
    }
    if (taken == null) {
      channel.close();
      throw new IOException("journal: must not be in use by another process, was: " + file);
    }
    return channel;
  }

  private FileAttribute<?>[] mode(String permissions) {
    return modes
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }
}
