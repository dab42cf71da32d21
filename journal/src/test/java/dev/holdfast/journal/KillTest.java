package dev.holdfast.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.StreamId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kill -9} of a process under load, at random points: what left the process is there, once
 * and as it was. {@code -Dholdfast.kills=2000} sets how often, {@code -Dholdfast.seed=N} the first
 * seed.
 */
@Tag("slow")
final class KillTest {
  @TempDir private Path folder;

  /** By stream: entries that left the process. */
  private final Map<Long, Long> left = new HashMap<>();

  private final Set<Long> ended = new HashSet<>();

  @Test
  @Timeout(7_200)
  void whatLeftTheProcessSurvivesKill() throws IOException, InterruptedException {
    int kills = Integer.getInteger("holdfast.kills", Boolean.getBoolean("holdfast.long") ? 60 : 12);
    long first = Long.getLong("holdfast.seed", 1);
    long entries = 0;
    for (long seed = first; seed < first + kills; seed++) {
      var directory = folder.resolve("journal-" + (seed - first) / 10);
      if ((seed - first) % 10 == 0) {
        left.clear();
        ended.clear();
      }
      run(directory, seed);
      entries += check(directory, seed);
    }
    System.out.printf("kills: %d, entries checked: %d%n", kills, entries);
    assertThat(entries).isPositive();
  }

  private void run(Path directory, long seed) throws IOException, InterruptedException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var child =
        new ProcessBuilder(
                List.of(
                    java,
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+UseSerialGC",
                    "-Xshare:auto",
                    "-cp",
                    System.getProperty("java.class.path"),
                    KillChild.class.getName(),
                    directory.toString(),
                    Long.toString(seed)))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    int lines = new Random(seed).nextInt(1_500);
    try (var out =
        new BufferedReader(
            new InputStreamReader(child.getInputStream(), StandardCharsets.US_ASCII))) {
      int seen = 0;
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        take(line, seed);
        if (seen++ == lines) {
          // Not the process itself, whose end would close the pipe before it is read.
          child.toHandle().destroyForcibly();
        }
      }
    } finally {
      child.destroyForcibly();
      assertThat(child.waitFor()).as("exit code after kill -9").isEqualTo(137);
    }
  }

  private void take(String line, long seed) {
    String[] words = line.split(" ", -1);
    if (words.length < 3 || !Set.of("A", "R", "E").contains(words[0])) {
      // The last line may be cut; a longer one is a report.
      assertThat(line).as("seed %d", seed).doesNotContain("refused").doesNotContain("wrong");
      return;
    }
    long id = Long.parseLong(words[1]);
    left.merge(id, Long.parseLong(words[2]), Math::max);
    if (words[0].equals("E")) {
      ended.add(id);
    }
  }

  private long check(Path directory, long seed) throws IOException {
    if (!Files.isDirectory(directory)) {
      return 0;
    }
    long entries = 0;
    try (var inspection = JournalInspection.open(directory, null)) {
      assertThat(inspection.verify()).as("seed %d", seed).noneMatch(JournalFinding::damaged);
    }
    try (var journal = EmbeddedJournal.at(directory).shards(2).open()) {
      for (var promised : left.entrySet()) {
        var id = new StreamId(7, promised.getKey());
        var texts = StreamModel.read(journal, id);
        assertThat(texts.size())
            .as("seed %d, %s", seed, id)
            .isGreaterThanOrEqualTo((int) (long) promised.getValue());
        for (int i = 0; i < texts.size(); i++) {
          assertThat(texts.get(i)).as("seed %d, %s", seed, id).isEqualTo(KillChild.text(id, i));
        }
        entries += texts.size();
        assertEnd(journal, id, seed);
      }
    }
    return entries;
  }

  private void assertEnd(Journal journal, StreamId id, long seed) {
    if (ended.contains(id.low())) {
      assertThat(journal.find(id).orElseThrow().end()).as("seed %d, %s", seed, id).isPresent();
    }
  }
}
