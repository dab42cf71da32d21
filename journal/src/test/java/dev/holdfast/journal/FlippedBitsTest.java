package dev.holdfast.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.StreamId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every single bit of a small journal, flipped: found by verify, and never read as data. */
@Tag("slow")
final class FlippedBitsTest {
  @ParameterizedTest
  @CsvSource({"false, true", "false, false", "true, true"})
  void everyFlippedBitIsFound(boolean encrypted, boolean closed) throws IOException {
    var files = SmallJournal.write(encrypted, closed);
    byte[] key = encrypted ? SmallJournal.KEY : null;
    var first = read(files.copy(), encrypted, SmallJournal.FIRST);
    var second = read(files.copy(), encrypted, SmallJournal.SECOND);
    assertThat(first).containsExactly("Hello", " wörld", "!", "more", "open");
    assertThat(second).containsExactly("a", "b", "TRUNCATED");
    try (var whole = JournalInspection.open(files.copy(), key)) {
      assertThat(whole.verify()).isEmpty();
    }
    int bits = 0;
    for (String path : files.paths()) {
      int length = files.bytes(path).length;
      for (int bit = 0; bit < length * 8; bit++) {
        var flipped = files.copy();
        int at = bit;
        flipped.bytes(path, bytes -> bytes[at / 8] ^= (byte) (1 << at % 8));
        try (var inspection = JournalInspection.open(flipped.copy(), key)) {
          assertThat(inspection.verify()).as("bit %d of %s", bit, path).isNotEmpty();
        }
        assertIsPrefix(read(flipped.copy(), encrypted, SmallJournal.FIRST), first);
        assertIsPrefix(read(flipped, encrypted, SmallJournal.SECOND), second);
        bits++;
      }
    }
    System.out.printf("flipped bits: %d, encrypted %s, closed %s%n", bits, encrypted, closed);
    assertThat(bits).isGreaterThan(8_000);
  }

  /** A refusal may come at any place; a wrong entry must not. */
  private static void assertIsPrefix(List<String> read, List<String> whole) {
    if (!read.equals(whole)) {
      String last = read.getLast();
      assertThat(whole.subList(0, read.size() - 1)).isEqualTo(read.subList(0, read.size() - 1));
      // In a journal that was not closed, the last commit may be a torn tail.
      assertThat(last).isIn("DAMAGED", "UNKNOWN", "not opened", "open");
    }
  }

  private static List<String> read(CrashFiles files, boolean encrypted, StreamId id) {
    var texts = new ArrayList<String>();
    try {
      var journal = SmallJournal.open(files, encrypted);
      var next = JournalOffset.START;
      while (true) {
        switch (journal.read(id, next, 1)) {
          case JournalRead.Refused refused -> {
            texts.add(refused.refusal().reason().name());
            return texts;
          }
          case JournalRead.Page page -> {
            page.entries()
                .forEach(entry ->
                    texts.add(StandardCharsets.UTF_8.decode(entry.entry().payload()).toString()));
            next = page.next();
            if (page.atTail()) {
              texts.add(page.end().map(end -> end.kind().name()).orElse("open"));
              return texts;
            }
          }
        }
      }
    } catch (IOException e) {
      assertThat(e.getMessage()).contains(".seg: byte ");
      texts.add("not opened");
      return texts;
    }
  }
}
