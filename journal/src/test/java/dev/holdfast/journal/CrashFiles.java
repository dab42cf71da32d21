package dev.holdfast.journal;

import dev.holdfast.journal.file.JournalFile;
import dev.holdfast.journal.file.JournalFiles;
import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A file system in memory that fails as real ones do. What was not synced may be lost in a power
 * failure, in any part and in any order; writes may be torn; the space may end; any operation may
 * fail, and after a failed sync what was written before stays unsynced for ever.
 */
final class CrashFiles implements JournalFiles {
  /** The power is off. Not an IOException, because no code must catch it. */
  static final class PowerOffError extends Error {
    private static final long serialVersionUID = 1L;

    PowerOffError() {
      super("power off", null, false, false);
    }
  }

  private static final int SECTOR = 64;

  private final Map<String, Node> names = new TreeMap<>();
  private final Map<String, Node> durableNames = new TreeMap<>();
  private final List<Runnable> unsyncedNames = new ArrayList<>();
  private final List<String> directories = new ArrayList<>();
  private final Random random;

  /** Operations until the power goes. */
  long operationsLeft = Long.MAX_VALUE;

  /** Bytes until the space ends. */
  long spaceLeft = Long.MAX_VALUE;

  /** One in so many operations fails; zero for none. */
  int errorOneIn;

  /** A planted bug: syncs return before anything is on the storage. */
  boolean syncDoesNothing;

  /** A planted bug: a new file is not made durable in its directory. */
  boolean directorySyncDoesNothing;

  long operations;

  /** How often a file's sync failed. */
  int failedSyncs;

  CrashFiles(Random random) {
    this.random = random;
  }

  /** A change of a file: applied to its bytes. */
  private interface Change {
    void apply(Bytes bytes);

    /** A part of it, as a power failure may leave it. */
    void applyPart(Bytes bytes, Random random);
  }

  private static final class Bytes {
    byte[] array = new byte[256];
    int length;

    Bytes copy() {
      var copy = new Bytes();
      copy.array = array.clone();
      copy.length = length;
      return copy;
    }

    void put(byte[] from, int fromIndex, int count, long position) {
      int end = Math.toIntExact(position + count);
      if (end > array.length) {
        array = Arrays.copyOf(array, Math.max(end, array.length * 2));
      }
      System.arraycopy(from, fromIndex, array, (int) position, count);
      length = Math.max(length, end);
    }

    void cut(long size) {
      if (size < length) {
        Arrays.fill(array, (int) size, length, (byte) 0);
        length = (int) size;
      }
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Write(byte[] data, long position) implements Change {
    @Override
    public void apply(Bytes bytes) {
      bytes.put(data, 0, data.length, position);
    }

    @Override
    public void applyPart(Bytes bytes, Random random) {
      int mode = random.nextInt(4);
      int torn = random.nextInt(data.length + 1);
      for (int from = 0; from < data.length; ) {
        int end = (int) Math.min(data.length, ((position + from) / SECTOR + 1) * SECTOR - position);
        boolean there =
            switch (mode) {
              case 0 -> true;
              case 1 -> false;
              case 2 -> random.nextBoolean();
              default -> from < torn;
            };
        if (there) {
          bytes.put(data, from, (mode == 3 ? Math.min(end, torn) : end) - from, position + from);
        }
        from = end;
      }
    }
  }

  private record Cut(long size) implements Change {
    @Override
    public void apply(Bytes bytes) {
      bytes.cut(size);
    }

    @Override
    public void applyPart(Bytes bytes, Random random) {
      if (random.nextBoolean()) {
        bytes.cut(size);
      }
    }
  }

  private static final class Node {
    Bytes cached = new Bytes();
    Bytes durable = new Bytes();
    List<Change> unsynced = new ArrayList<>();
    List<Change> lost = new ArrayList<>();
  }

  /** The files after the process died: all that was written is there, and the machine runs on. */
  CrashFiles afterKill() {
    operationsLeft = Long.MAX_VALUE;
    return this;
  }

  /** {@return the files after a power failure: what was synced, and any part of the rest} */
  CrashFiles afterPowerFailure() {
    var next = new CrashFiles(random);
    next.directories.addAll(directories);
    for (var change : unsyncedNames) {
      if (random.nextBoolean()) {
        change.run();
      }
    }
    durableNames.forEach((name, node) -> {
      var bytes = node.durable.copy();
      var changes = new ArrayList<>(node.lost);
      changes.addAll(node.unsynced);
      changes.forEach(change -> change.applyPart(bytes, random));
      var kept = new Node();
      kept.durable = bytes;
      kept.cached = bytes.copy();
      next.names.put(name, kept);
      next.durableNames.put(name, kept);
    });
    return next;
  }

  private void operation() throws IOException {
    operations++;
    if (operationsLeft-- <= 0) {
      throw new PowerOffError();
    }
    if (errorOneIn > 0 && random.nextInt(errorOneIn) == 0) {
      throw new IOException("Input/output error");
    }
  }

  @Override
  public void makeDirectory(String directory) {
    if (!directories.contains(directory)) {
      directories.add(directory);
    }
  }

  @Override
  public List<String> list(String directory) {
    if (directory.isEmpty()) {
      return directories.stream().filter(name -> !name.isEmpty()).sorted().toList();
    }
    String prefix = directory + "/";
    return names.keySet().stream()
        .filter(name -> name.startsWith(prefix))
        .map(name -> name.substring(prefix.length()))
        .toList();
  }

  @Override
  public JournalFile create(String path) throws IOException {
    operation();
    if (names.containsKey(path)) {
      throw new FileAlreadyExistsException(path);
    }
    if (spaceLeft <= 0) {
      throw new IOException("No space left on device");
    }
    var node = new Node();
    names.put(path, node);
    unsyncedNames.add(() -> durableNames.put(path, node));
    return new OpenFile(node);
  }

  @Override
  public JournalFile open(String path) throws IOException {
    var node = names.get(path);
    if (node == null) {
      throw new FileNotFoundException(path);
    }
    return new OpenFile(node);
  }

  @Override
  public JournalFile openToWrite(String path) throws IOException {
    return open(path);
  }

  @Override
  public void delete(String path) throws IOException {
    operation();
    var node = names.remove(path);
    if (node == null) {
      throw new FileNotFoundException(path);
    }
    spaceLeft += spaceLeft == Long.MAX_VALUE ? 0 : node.cached.length;
    unsyncedNames.add(() -> durableNames.remove(path));
  }

  @Override
  public void syncDirectory(String directory) throws IOException {
    operation();
    if (!directorySyncDoesNothing) {
      unsyncedNames.forEach(Runnable::run);
      unsyncedNames.clear();
    }
  }

  @Override
  public Closeable lock() {
    return () -> {};
  }

  /** {@return the same files, of their own} */
  CrashFiles copy() {
    var copy = new CrashFiles(new Random(0));
    copy.directories.addAll(directories);
    names.forEach((name, node) -> {
      var own = new Node();
      own.cached = node.cached.copy();
      own.durable = node.cached.copy();
      copy.names.put(name, own);
      copy.durableNames.put(name, own);
    });
    return copy;
  }

  /** {@return the bytes of a file} */
  byte[] bytes(String path) {
    var node = Objects.requireNonNull(names.get(path));
    return Arrays.copyOf(node.cached.array, node.cached.length);
  }

  /** Gives the bytes of a file to {@code consumer}, to change them. */
  void bytes(String path, Consumer<byte[]> consumer) {
    var node = Objects.requireNonNull(names.get(path));
    byte[] all = Arrays.copyOf(node.cached.array, node.cached.length);
    consumer.accept(all);
    node.cached.array = all;
    node.durable = node.cached.copy();
  }

  List<String> paths() {
    return List.copyOf(names.keySet());
  }

  private final class OpenFile implements JournalFile {
    private final Node node;

    OpenFile(Node node) {
      this.node = node;
    }

    @Override
    public long size() {
      return node.cached.length;
    }

    @Override
    public int read(ByteBuffer target, long position) {
      int count = (int) Math.max(0, Math.min(target.remaining(), node.cached.length - position));
      if (count > 0) {
        target.put(node.cached.array, (int) position, count);
      }
      return count;
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      byte[] data = new byte[source.remaining()];
      source.get(data);
      int whole = data.length;
      IOException failure = null;
      try {
        operation();
      } catch (IOException e) {
        failure = e;
        whole = random.nextInt(data.length + 1);
      } catch (PowerOffError e) {
        store(Arrays.copyOf(data, random.nextInt(data.length + 1)), position);
        throw e;
      }
      if (whole > spaceLeft) {
        failure = new IOException("No space left on device");
        whole = (int) Math.max(0, spaceLeft);
      }
      store(Arrays.copyOf(data, whole), position);
      spaceLeft -= spaceLeft == Long.MAX_VALUE ? 0 : whole;
      if (failure != null) {
        throw failure;
      }
    }

    private void store(byte[] data, long position) {
      if (data.length > 0) {
        change(new Write(data, position));
      }
    }

    private void change(Change change) {
      change.apply(node.cached);
      node.unsynced.add(change);
    }

    @Override
    public void sync() throws IOException {
      try {
        operation();
      } catch (IOException e) {
        // The pages count as clean now: no later sync writes them.
        failedSyncs++;
        node.lost.addAll(node.unsynced);
        node.unsynced.clear();
        throw e;
      }
      if (!syncDoesNothing) {
        node.unsynced.forEach(change -> change.apply(node.durable));
        node.unsynced.clear();
      }
    }

    @Override
    public void truncate(long size) throws IOException {
      operation();
      spaceLeft += spaceLeft == Long.MAX_VALUE ? 0 : Math.max(0, node.cached.length - size);
      change(new Cut(size));
    }

    @Override
    public void close() {}
  }
}
