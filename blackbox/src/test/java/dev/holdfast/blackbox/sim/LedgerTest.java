package dev.holdfast.blackbox.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.blackbox.SourceTree;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The ledger of long runs, {@code fixtures/sim/ledger.jsonl}. */
class LedgerTest {
  private static final Path LEDGER = SourceTree.root().resolve("fixtures/sim/ledger.jsonl");

  private static final Pattern LINE =
      Pattern.compile(
          "\\{\"from\":(\\d+),\"to\":(\\d+),\"edition\":(\\d+),\"commit\":\"[0-9a-f]{12,}\\+?\",\"violations\":(\\d+),.*}");

  /** One line. */
  private record Range(long first, long last, long edition, long violations) {}

  private static List<Range> ranges() {
    var ranges = new ArrayList<Range>();
    for (String line : SourceTree.lines(LEDGER)) {
      var match = LINE.matcher(line);
      assertThat(match.matches()).as(line).isTrue();
      ranges.add(new Range(number(match, 1), number(match, 2), number(match, 3), number(match, 4)));
    }
    return ranges;
  }

  private static long number(MatchResult match, int group) {
    return Long.parseLong(match.group(group));
  }

  @Test
  void everySeedOfTheLedgerHeldEveryInvariant() {
    assertThat(ranges()).allMatch(range -> range.violations() == 0);
  }

  @Test
  void noSeedIsCountedTwice() {
    var sorted = new ArrayList<>(ranges());
    sorted.sort(Comparator.comparingLong(Range::edition).thenComparingLong(Range::first));
    for (int i = 1; i < sorted.size(); i++) {
      boolean same = sorted.get(i).edition() == sorted.get(i - 1).edition();
      assertThat(sorted.get(i).first()).isGreaterThan(same ? sorted.get(i - 1).last() : -1);
    }
  }
}
