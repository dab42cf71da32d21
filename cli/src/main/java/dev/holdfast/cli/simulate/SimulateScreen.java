package dev.holdfast.cli.simulate;

import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.Phrases;
import dev.holdfast.cli.terminal.SafeText;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.testkit.sim.Campaign;
import dev.holdfast.testkit.sim.SimulatedStream;
import dev.holdfast.testkit.sim.Tally;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Shows simulations: results on stdout, how far it is on stderr. */
final class SimulateScreen {
  private static final int BAR = 30;

  private final Terminal terminal;
  private final boolean json;

  SimulateScreen(Terminal terminal, boolean json) {
    this.terminal = terminal;
    this.json = json;
  }

  /** Shows how one stream ended. */
  void one(SimulatedStream stream) {
    var ending = stream.ending();
    if (json) {
      terminal.line(
          JsonLine.of("stream")
              .with("seed", stream.situation().seed())
              .with("situation", stream.situation().describe())
              .with("verdict", ending == null ? null : ending.verdict().toString())
              .with("exactness", ending == null ? null : ending.exactness().name())
              .with("seams", ending == null ? 0 : ending.seams().size())
              .with("virtual_ms", stream.took().toMillis())
              .with("violations", stream.violations()));
      return;
    }
    terminal.line("situation  " + SafeText.line(stream.situation().describe()));
    terminal.line("ended      " + (ending == null ? "never" : words(ending)));
    terminal.line(
        stream.violations().isEmpty()
            ? "invariants hold"
            : terminal.style().red("broken     " + SafeText.line(stream.violations().getFirst())));
  }

  private static String words(Ending ending) {
    return "%s, %s, %d attempts, %d seams"
        .formatted(
            ending.verdict(), ending.exactness(), ending.attempts().size(), ending.seams().size());
  }

  /** Begins to show how far it is. */
  Progress open(SeedRange wanted, List<SeedRange> missing) {
    long left = missing.stream().mapToLong(SeedRange::count).sum();
    if (left < wanted.count()) {
      terminal.note(
          "%s of %s seeds are in the ledger"
              .formatted(Phrases.number(wanted.count() - left), Phrases.number(wanted.count())));
    }
    return new Progress(terminal, left);
  }

  /** Shows what was broken, and the sum. */
  void close(Tally tally) {
    if (json) {
      tally
          .violations()
          .forEach(violation ->
              terminal.line(JsonLine.of("violation").with("detail", violation.strip())));
      terminal.line(
          JsonLine.of("summary")
              .with("seeds", tally.seeds())
              .with("complete", tally.complete())
              .with("cancelled", tally.cancelled())
              .with("ended_early", tally.endedEarly())
              .with("attempts", tally.attempts())
              .with("seams", tally.seams())
              .with("violations", tally.violations().size()));
      return;
    }
    for (String violation : tally.violations()) {
      violation.lines().forEach(line -> terminal.line(terminal.style().red(SafeText.line(line))));
    }
    terminal.line(
        "%s seeds: %s, %s"
            .formatted(
                Phrases.number(tally.seeds()),
                tally.summary(),
                tally.violations().isEmpty()
                    ? "no violation"
                    : tally.violations().size() + " violations"));
  }

  /** A bar on terminals, a line now and then elsewhere. */
  static final class Progress implements AutoCloseable {
    private final Terminal terminal;
    private final long total;
    private final long startedNanos = System.nanoTime();
    private final AtomicReference<@Nullable Campaign> current = new AtomicReference<>();
    private final ScheduledExecutorService clock;
    private long before;
    private boolean shown;

    Progress(Terminal terminal, long total) {
      this.terminal = terminal;
      this.total = total;
      clock =
          Executors.newSingleThreadScheduledExecutor(
              Thread.ofPlatform().daemon().name("progress").factory());
      long millis = terminal.screen().err() ? 250 : 10_000;
      var unused = clock.scheduleAtFixedRate(this::show, millis, millis, TimeUnit.MILLISECONDS);
    }

    /** Counts another part of the same run. */
    synchronized void follow(Campaign campaign) {
      var last = current.getAndSet(campaign);
      before += last == null ? 0 : last.done();
    }

    private synchronized void show() {
      var campaign = current.get();
      if (campaign == null || total == 0) {
        return;
      }
      long done = before + campaign.done();
      double seconds = (System.nanoTime() - startedNanos) / 1e9;
      long left = Math.round((total - done) * seconds / Math.max(1, done));
      String facts =
          String.format(
              Locale.ROOT,
              "%s of %s seeds, %s/s, %s left",
              Phrases.number(done),
              Phrases.number(total),
              Phrases.number(Math.round(done / seconds)),
              left < 120 ? left + " s" : left / 60 + " min");
      if (terminal.screen().err()) {
        int full = (int) (BAR * done / total);
        terminal.redraw("[" + "#".repeat(full) + ".".repeat(BAR - full) + "] " + facts);
        shown = true;
      } else {
        terminal.note(facts);
      }
    }

    @Override
    public synchronized void close() {
      clock.shutdownNow();
      if (shown) {
        terminal.redraw("");
      }
    }
  }
}
