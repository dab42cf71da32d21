package dev.holdfast.cli.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cli.Cli;
import dev.holdfast.testkit.sim.draw.Situation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(600)
class SimulateCommandTest {
  @TempDir private Path temp;

  @Test
  void reportsTheSumInOneLine() {
    var ran = new Cli().run("simulate", "--seeds", "60", "--threads", "2");
    assertThat(ran.code()).as(ran.out()).isZero();
    assertThat(ran.out()).startsWith("60 seeds: ").contains("no violation").hasLineCount(1);
  }

  @Test
  void theSumDoesNotDependOnTheThreads() {
    var one = new Cli().run("simulate", "--seeds", "120", "--threads", "1", "--json");
    var two = new Cli().run("simulate", "--seeds", "120", "--threads", "2", "--json");
    assertThat(one.out()).isEqualTo(two.out());
    assertThat(Cli.object(one.outLines().getLast()).number("seeds", -1)).isEqualTo(120);
  }

  @Test
  void aSeedIsReplayedWithEverySignalAndAction() {
    var ran = new Cli().run("simulate", "--seed", "7", "--trace");
    assertThat(ran.code()).isZero();
    assertThat(ran.outLines().getFirst()).contains("0.000 ms  <- Begin");
    assertThat(ran.out()).contains("-> OpenAttempt[attempt=1").contains("-> Finish[");
    assertThat(ran.outLines().getLast()).isEqualTo("invariants hold");
  }

  @Test
  void theLedgerHasEverySeedOnceHoweverOftenTheCommandIsRun() throws Exception {
    Path ledger = temp.resolve("ledger.jsonl");
    var first = simulate(ledger, "30", "11");
    assertThat(first.out()).startsWith("30 seeds: ");
    var second = simulate(ledger, "60", "1");
    assertThat(second.err()).contains("30 of 60 seeds are in the ledger");
    assertThat(second.out()).startsWith("30 seeds: ");
    assertThat(simulate(ledger, "60", "1").out()).startsWith("0 seeds: ");
    assertThat(ranges(ledger)).containsExactly("11-40", "1-10", "41-60");
  }

  @Test
  void seedsOfALineWithViolationsAreDoneAgain() throws Exception {
    Path ledger = temp.resolve("ledger.jsonl");
    Files.writeString(ledger, "{\"from\":1,\"to\":20,\"edition\":3,\"violations\":1}\n");
    assertThat(simulate(ledger, "20", "1").out()).startsWith("20 seeds: ");
  }

  /** A seed stood for something else then. */
  @Test
  void seedsOfAnotherEditionAreOthers() throws Exception {
    Path ledger = temp.resolve("ledger.jsonl");
    Files.writeString(ledger, "{\"from\":1,\"to\":20,\"violations\":0}\n");
    assertThat(simulate(ledger, "20", "1").out()).startsWith("20 seeds: ");
  }

  @Test
  void aSeedMayBeReplayedAsInAnEarlierEdition() {
    var then = new Cli().run("simulate", "--seed", "631", "--edition", "1");
    var now = new Cli().run("simulate", "--seed", "631");
    assertThat(then.code()).isZero();
    assertThat(then.outLines().getFirst()).doesNotContain("SKIP");
    assertThat(now.outLines().getFirst()).contains("SKIP");
    assertThat(new Cli().run("simulate", "--seed", "1", "--edition", "9").code()).isEqualTo(2);
    assertThat(new Cli().run("simulate", "--seeds", "9", "--edition", "1").code()).isEqualTo(2);
  }

  /** Wherever the ledger is: what ran is what was built. */
  @Test
  void theLedgerNamesTheCommitOfTheTool() throws Exception {
    Path ledger = temp.resolve("ledger.jsonl");
    simulate(ledger, "5", "1");
    var line = Cli.object(Files.readAllLines(ledger).getFirst());
    assertThat(line.text("commit")).isEqualTo(SourceCommit.ofTool()).isNotEqualTo("unknown");
    assertThat(line.number("edition", -1)).isEqualTo(Situation.EDITION);
  }

  @Test
  void aLedgerThatIsNoneIsNamedWithFileAndLine() throws Exception {
    Path ledger = temp.resolve("ledger.jsonl");
    Files.writeString(ledger, "{\"from\":1,\"to\":20,\"violations\":0}\nnot a line\n");
    var ran = simulate(ledger, "20", "1");
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).contains("--ledger").contains("ledger.jsonl:2").hasLineCount(1);
  }

  @Test
  void rangesAreTakenApartAtTheirEdges() {
    var all = new SeedRange(10, 20);
    assertThat(all.without(new SeedRange(1, 9))).containsExactly(all);
    assertThat(all.without(new SeedRange(1, 10))).containsExactly(new SeedRange(11, 20));
    assertThat(all.without(new SeedRange(20, 30))).containsExactly(new SeedRange(10, 19));
    assertThat(all.without(new SeedRange(12, 13)))
        .containsExactly(new SeedRange(10, 11), new SeedRange(14, 20));
    assertThat(all.without(new SeedRange(1, 30))).isEmpty();
    assertThat(all.inChunksOf(5))
        .containsExactly(new SeedRange(10, 14), new SeedRange(15, 19), new SeedRange(20, 20));
  }

  private static Cli.Ran simulate(Path ledger, String seeds, String from) {
    return new Cli()
        .run("simulate", "--seeds", seeds, "--from", from, "--ledger", ledger.toString());
  }

  private static List<String> ranges(Path ledger) throws Exception {
    return Files.readAllLines(ledger).stream()
        .map(Cli::object)
        .map(line -> line.number("from", -1) + "-" + line.number("to", -1))
        .toList();
  }
}
