package dev.holdfast.cli.simulate;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.SafeText;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.Version;
import dev.holdfast.testkit.sim.Campaign;
import dev.holdfast.testkit.sim.Simulation;
import dev.holdfast.testkit.sim.Tally;
import dev.holdfast.testkit.sim.draw.Situation;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Many simulated streams, or one again. */
@Command(
    name = "simulate",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Simulates streams with every fault in virtual time.",
    description =
        "Simulates streams with every fault and model in virtual time, and checks after"
            + " each step that no invariant is broken. One seed is one stream, and always the"
            + " same one.",
    footer = {"", "Exit code 1: an invariant was broken; the command that replays it is printed."})
public final class SimulateCommand implements Callable<Integer> {
  private static final long MOST = 1_000_000_000_000L;

  /** Violations after which there is no point in going on. */
  private static final int ENOUGH = 5;

  /** Seeds to a line of the ledger: what is lost at most if the machine fails. */
  private static final long CHUNK = 250_000;

  private final Terminal terminal;

  @Option(names = "--seeds", paramLabel = "N", description = "how many seeds")
  private @Nullable Long seeds;

  @Option(
      names = "--from",
      paramLabel = "S",
      defaultValue = "1",
      description = "the first seed (default: 1)")
  private long from;

  @Option(
      names = "--threads",
      paramLabel = "T",
      description = "how many at a time (default: one to a processor)")
  private @Nullable Integer threads;

  @Option(
      names = "--ledger",
      paramLabel = "FILE",
      description = "leave out the seeds that this file has, and add those that were done")
  private @Nullable String ledger;

  @Option(names = "--seed", paramLabel = "N", description = "one seed, with its end")
  private @Nullable Long seed;

  @Option(
      names = "--edition",
      paramLabel = "E",
      description = "with --seed: what it stood for when E was the latest edition (default)")
  private @Nullable Integer edition;

  @Option(names = "--trace", description = "with --seed: every signal and action")
  private boolean trace;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "write what becomes of every behaviour, fault and rung, in Markdown")
  private @Nullable String report;

  @Option(names = "--json", description = "one JSON line per result")
  private boolean json;

  public SimulateCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    int ways = (seeds == null ? 0 : 1) + (seed == null ? 0 : 1) + (report == null ? 0 : 1);
    if (ways != 1) {
      throw new BadInputException(
          "simulate: must have one of --seeds, --seed and --report, has " + ways);
    }
    if (trace && seed == null) {
      throw new BadInputException("--trace: must come with --seed, came alone");
    }
    if (edition != null && seed == null) {
      throw new BadInputException("--edition: must come with --seed, came alone");
    }
    if (edition != null && (edition < 1 || edition > Situation.EDITION)) {
      throw BadInputException.of("--edition", "must be 1 to " + Situation.EDITION, edition);
    }
    if (seed != null) {
      return one(seed);
    }
    if (report != null) {
      return new SimulationReport(terminal, json).write(report);
    }
    return many(seeds == null ? 0 : seeds);
  }

  private int one(long number) {
    var situation = Situation.draw(number, edition == null ? Situation.EDITION : edition);
    var stream =
        trace
            ? Simulation.run(situation, line -> terminal.line(SafeText.line(line)))
            : Simulation.run(situation);
    new SimulateScreen(terminal, json).one(stream);
    return stream.violations().isEmpty() ? Exit.OK : Exit.INCOMPLETE;
  }

  private int many(long count) throws InterruptedException {
    if (count < 1 || count > MOST) {
      throw BadInputException.of("--seeds", "must be 1 to " + MOST, count);
    }
    if (from < 0 || from > MOST) {
      throw BadInputException.of("--from", "must be 0 to " + MOST, from);
    }
    int width = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
    if (width < 1 || width > 1024) {
      throw BadInputException.of("--threads", "must be 1 to 1024", width);
    }
    var kept = ledger == null ? null : SeedLedger.open(ledger);
    var missing =
        kept == null
            ? SeedRange.of(from, count).inChunksOf(CHUNK)
            : kept.missing(SeedRange.of(from, count), CHUNK);
    var screen = new SimulateScreen(terminal, json);
    var all = Tally.NONE;
    try (var progress = screen.open(SeedRange.of(from, count), missing)) {
      for (SeedRange range : missing) {
        var campaign = new Campaign(range.first(), range.count(), width, ENOUGH);
        progress.follow(campaign);
        var tally = Terminal.abortable(campaign::stop, () -> run(campaign, range, kept));
        all = all.and(tally);
        if (!tally.violations().isEmpty() || tally.seeds() < range.count()) {
          break;
        }
      }
    }
    screen.close(all);
    return all.violations().isEmpty() ? Exit.OK : Exit.INCOMPLETE;
  }

  /** The line in the ledger is written before the process may end. */
  private static Tally run(Campaign campaign, SeedRange range, @Nullable SeedLedger kept)
      throws InterruptedException {
    long started = System.nanoTime();
    var tally = campaign.run();
    if (kept != null && tally.seeds() > 0) {
      kept.add(SeedRange.of(range.first(), tally.seeds()), tally, System.nanoTime() - started);
    }
    return tally;
  }
}
