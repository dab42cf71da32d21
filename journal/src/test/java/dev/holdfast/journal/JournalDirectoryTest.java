package dev.holdfast.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalRefusal.Reason;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StoredEntry;
import dev.holdfast.core.spi.StreamId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a journal is on a real disk, and what is refused. */
final class JournalDirectoryTest {
  private static final StreamId ID = new StreamId(1, 2);

  @TempDir private Path folder;

  private JournalOptions options() {
    return EmbeddedJournal.at(folder.resolve("journal")).fsync(new FsyncPolicy.EveryCommit());
  }

  private static void create(EmbeddedJournal journal, StreamId id, Duration ttl) {
    var metadata = ByteBuffer.wrap("secret owner".getBytes(StandardCharsets.UTF_8));
    journal.create(new NewStream(id, 1, metadata, ttl, true), SmallJournal.STORED);
  }

  /** Appends, and waits until it is stored. */
  private static void append(EmbeddedJournal journal, StreamId id, String text) throws Exception {
    var stored = new CompletableFuture<JournalOffset>();
    journal.append(
        id,
        JournalBatch.of(1, JournalBatch.ANYWHERE, List.of(SmallJournal.entry(text))),
        new Journal.Receipt() {
          @Override
          public void onStored(JournalOffset tail) {
            stored.complete(tail);
          }

          @Override
          public void onRefused(JournalRefusal refusal) {
            stored.completeExceptionally(new AssertionError(refusal.toString()));
          }
        });
    stored.get(20, TimeUnit.SECONDS);
  }

  private List<Path> segments() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".seg")).sorted().toList();
    }
  }

  @Test
  void onlyTheOwnerReadsItsFiles() throws Exception {
    try (var journal = options().open()) {
      create(journal, ID, Duration.ofHours(1));
      append(journal, ID, "a");
    }
    try (Stream<Path> files = Files.walk(folder.resolve("journal"))) {
      for (Path file : files.toList()) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
            .as(file.toString())
            .isEqualTo(Files.isDirectory(file) ? "rwx------" : "rw-------");
      }
    }
  }

  @Test
  void aSecondProcessIsRefused() throws IOException {
    try (var journal = options().open()) {
      assertThat(journal.streams()).isEmpty();
      assertThatThrownBy(() -> options().open())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("must not be in use by another process");
    }
    options().open().close();
  }

  @Test
  void anEncryptedJournalHidesItsContentAndNeedsItsKey() throws Exception {
    try (var journal = options().key(SmallJournal.KEY).open()) {
      create(journal, ID, Duration.ofHours(1));
      append(journal, ID, "secret entry");
    }
    for (Path file : segments()) {
      assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
          .doesNotContain("secret");
    }
    assertThatThrownBy(() -> options().open()).hasMessageContaining("key: must be given");
    assertThatThrownBy(() -> options().key(new byte[32]).open())
        .hasMessageContaining("written with another key");
    try (var journal = options().key(SmallJournal.KEY).open()) {
      assertThat(StreamModel.read(journal, ID)).containsExactly("secret entry");
    }
  }

  @Test
  void withoutContentNumbersAreKeptAndEntriesAreNot() throws Exception {
    try (var journal = options().content(false).open()) {
      create(journal, ID, Duration.ofHours(1));
      append(journal, ID, "secret entry");
      var read = (JournalRead.Refused) journal.read(ID, JournalOffset.START, 100);
      assertThat(read.refusal().reason()).isEqualTo(Reason.NO_CONTENT);
      assertThat(journal.find(ID).orElseThrow().tail()).isEqualTo(new JournalOffset(1, 1));
    }
    for (Path file : segments()) {
      assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
          .doesNotContain("secret entry");
    }
  }

  @Test
  void aDamagedRecordIsNamedAndTheJournalNotOpened() throws Exception {
    try (var journal = options().open()) {
      create(journal, ID, Duration.ofHours(1));
      append(journal, ID, "a");
    }
    var file = segments().getFirst();
    byte[] bytes = Files.readAllBytes(file);
    bytes[40] ^= 1;
    Files.write(file, bytes);
    assertThatThrownBy(() -> options().open())
        .hasMessage(
            "shard-00/0000000000000001.seg: byte 0: a header that does not match its checksum");
  }

  @Test
  void expiredStreamsFreeTheirSegmentsTheOldestFirst() throws IOException {
    long[] now = {1_000_000};
    var files = new CrashFiles(new Random(1));
    var options =
        EmbeddedJournal.at(folder).shards(1).segmentBytes(4096).clock(() -> now[0]).memoryBytes(0);
    var journal = EmbeddedJournal.manual(options, files, new Random(1));
    for (int i = 0; i < 40; i++) {
      create(journal, new StreamId(1, i), Duration.ofSeconds(10 + i));
      journal.append(
          new StreamId(1, i),
          JournalBatch.of(1, 0, List.of(SmallJournal.entry("x".repeat(1000)))),
          SmallJournal.STORED);
      journal.commit();
    }
    int before = files.paths().size();
    assertThat(before).isGreaterThan(8);
    now[0] += 29_500;
    assertThat(journal.expire()).isEqualTo(20);
    int after = files.paths().size();
    assertThat(after).isBetween(before / 2 - 1, before / 2 + 1);
    assertThat(files.paths().getLast()).endsWith("%016d.seg".formatted(before));
    assertThat(StreamModel.read(journal, new StreamId(1, 20))).hasSize(1);
    now[0] += Duration.ofHours(1).toMillis();
    assertThat(journal.expire()).isEqualTo(20);
    assertThat(files.paths()).isEmpty();
    assertThat(journal.size().bytes()).isZero();
    create(journal, ID, Duration.ofSeconds(10));
    journal.commit();
    assertThat(journal.streams()).containsExactly(ID);
  }

  @Test
  void streamsStayWhereAnotherNumberOfShardsPutThem() throws Exception {
    for (int shards : new int[] {4, 1, 2}) {
      try (var journal = options().shards(shards).open()) {
        for (int i = 0; i < 10; i++) {
          var id = new StreamId(shards, i);
          create(journal, id, Duration.ofHours(1));
          append(journal, id, "a" + i);
        }
      }
    }
    try (var journal = options().shards(3).open()) {
      assertThat(journal.streams()).hasSize(30);
      append(journal, new StreamId(4, 3), "b");
      assertThat(StreamModel.read(journal, new StreamId(4, 3))).containsExactly("a3", "b");
    }
  }

  @Test
  void anInterruptedReaderHarmsNoOther() throws Exception {
    try (var journal = options().memoryBytes(0).open()) {
      create(journal, ID, Duration.ofHours(1));
      append(journal, ID, "a");
      Thread.currentThread().interrupt();
      assertThat(StreamModel.read(journal, ID)).containsExactly("a");
      assertThat(Thread.interrupted()).isTrue();
      append(journal, ID, "b");
      assertThat(StreamModel.read(journal, ID)).containsExactly("a", "b");
    }
  }

  @Test
  void aFullDiskEndsLiveStreamsTruthfullyAndIsSurvived() throws IOException {
    var files = new CrashFiles(new Random(1));
    var journal = SmallJournal.open(files, false);
    create(journal, ID, Duration.ofHours(1));
    journal.append(
        ID, JournalBatch.of(1, 0, List.of(SmallJournal.entry("a"))), SmallJournal.STORED);
    journal.commit();
    var ends = new ArrayList<JournalEnd>();
    var refusals = new ArrayList<Reason>();
    var model =
        new Journal.Follower() {
          @Override
          public void onEntry(StoredEntry entry) {}

          @Override
          public void onEnd(JournalEnd end) {
            ends.add(end);
          }

          @Override
          public void onRefused(JournalRefusal refusal) {}
        };
    journal.follow(ID, JournalOffset.START, model).demand(10);
    var receipt =
        new Journal.Receipt() {
          @Override
          public void onStored(JournalOffset tail) {}

          @Override
          public void onRefused(JournalRefusal refusal) {
            refusals.add(refusal.reason());
          }
        };
    files.spaceLeft = 10;
    journal.append(ID, JournalBatch.of(1, 1, List.of(SmallJournal.entry("b"))), receipt);
    journal.commit();
    journal.create(
        new NewStream(SmallJournal.SECOND, 1, ByteBuffer.allocate(0), Duration.ZERO, false),
        receipt);
    journal.commit();
    assertThat(refusals).containsExactly(Reason.FULL, Reason.FULL);
    assertThat(ends)
        .containsExactly(
            new JournalEnd(
                JournalEnd.Kind.FAILED, "journal: storage: must have space, had none left"));
    assertThat(StreamModel.read(journal, ID)).containsExactly("a");

    files.spaceLeft = Long.MAX_VALUE;
    journal.expire();
    create(journal, SmallJournal.SECOND, Duration.ofHours(1));
    journal.commit();
    journal.close();
    var again = SmallJournal.open(files, false);
    assertThat(again.openStreams()).containsExactly(SmallJournal.SECOND);
    assertThat(again.find(ID).orElseThrow().end()).isEqualTo(Optional.of(ends.getFirst()));
  }
}
