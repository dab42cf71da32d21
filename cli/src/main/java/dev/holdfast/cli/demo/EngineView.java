package dev.holdfast.cli.demo;

import dev.holdfast.cli.stream.EventLines;
import dev.holdfast.cli.stream.Meter;
import dev.holdfast.cli.stream.OutcomeLines;
import dev.holdfast.cli.terminal.Glyphs;
import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.Phrases;
import dev.holdfast.cli.terminal.SafeText;
import dev.holdfast.cli.terminal.Style;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.TextWrapper;
import dev.holdfast.client.Outcome;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.testkit.proxy.Cut;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Shows the demo on a user's own server, for people or as JSON lines. */
final class EngineView {
  private final Terminal terminal;
  private final EngineTarget target;
  private final boolean json;
  private final Redactor redactor;
  private final DemoScreen screen;
  private final Style style;
  private final Glyphs glyphs;
  private final List<String> failures = new ArrayList<>();
  private @Nullable Rung tried;

  EngineView(Terminal terminal, EngineTarget target, boolean json, Redactor redactor) {
    this.terminal = terminal;
    this.target = target;
    this.json = json;
    this.redactor = redactor;
    screen = new DemoScreen(terminal);
    style = terminal.style();
    glyphs = terminal.glyphs();
  }

  void open(long seed) {
    if (json) {
      terminal.line(
          JsonLine.of("demo")
              .with("seed", seed)
              .with("protocol", target.protocol())
              .with("url", target.shown())
              .with("model", target.model()));
      return;
    }
    String dot = " " + glyphs.dot() + " ";
    screen.open(
        SafeText.line(target.shown() + dot + target.protocol() + dot + target.model()),
        "Your server is asked twice: uncut, then through a proxy that cuts the answer.");
    terminal.print("  " + style.dim("uncut: "));
  }

  /** The server was asked without a cut, and did not answer. */
  void notAnswered(Outcome uncut) {
    String why =
        uncut
            .failure()
            .map(failure -> Phrases.failure(failure, redactor))
            .orElse("no reason given");
    if (json) {
      terminal.line(OutcomeLines.json(uncut, new Meter(System::nanoTime)).with("cut", false));
    } else {
      screen.close(refusal(uncut.verdict().name(), "without any cut: " + why));
    }
  }

  /** There is too little to cut. */
  void tooShort(int characters) {
    String why =
        "the answer has "
            + Phrases.count(characters, "character")
            + ", too few to be cut; ask for more with --prompt";
    if (json) {
      terminal.line(JsonLine.of("too-short").with("detail", why));
    } else {
      screen.close(refusal("NOT CUT", why));
    }
  }

  void uncut(Outcome uncut) {
    if (json) {
      terminal.line(JsonLine.of("uncut").with("text", uncut.text()));
    } else {
      terminal.line(
          style.dim(
              Phrases.count(uncut.text().length(), "character")
                  + " in "
                  + Phrases.time(uncut.timings().total())));
      terminal.line("");
    }
  }

  void show(StreamEvent event) {
    switch (event) {
      case StreamEvent.Retrying retrying -> tried = retrying.rung();
      case StreamEvent.AttemptFailed failed -> {
        String by = tried == null ? "" : id(tried) + ": ";
        failures.add(by + Phrases.failure(failed.failure(), redactor));
      }
      default -> {}
    }
    if (json) {
      terminal.line(EventLines.of(event, redactor));
    } else {
      screen.show(event);
    }
  }

  void close(EngineResult result) {
    Rung rung = result.rung();
    if (json) {
      terminal.line(
          OutcomeLines.json(result.outcome(), result.meter())
              .with("text", result.text())
              .with("expected", result.uncut())
              .with("same", result.text().equals(result.uncut()))
              .with("rung", rung == null ? null : id(rung))
              .with("cut", result.cut() != null));
      return;
    }
    screen.close(lines(result));
  }

  private List<String> lines(EngineResult result) {
    var outcome = result.outcome();
    Cut cut = result.cut();
    if (cut == null) {
      return refusal(
          "NOT CUT",
          "the second answer ended before the place of the cut, after "
              + Phrases.count(result.text().length(), "character"));
    }
    if (!outcome.isComplete()) {
      return refusal(outcome.verdict().name(), whyNot(result));
    }
    var lines = new ArrayList<String>();
    lines.add(style.green(style.bold(glyphs.yes() + " COMPLETE")) + "  " + comparison(result));
    lines.add("");
    lines.add(
        fact(
            "cut",
            Phrases.count(sentBefore(result), "byte") + " into the answer, by " + cut.end()));
    Rung rung = result.rung();
    lines.add(fact("rung", rung == null ? "none" : named(rung)));
    for (Seam seam : outcome.seams()) {
      lines.add(fact("seam", Phrases.seam(seam)));
    }
    lines.add(fact("exactness", EventLines.id(outcome.exactness())));
    if (outcome.waste().characters() > 0) {
      lines.add(fact("waste", OutcomeLines.waste(outcome)));
    }
    lines.add(fact("times", OutcomeLines.times(outcome)));
    return lines;
  }

  private static long sentBefore(EngineResult result) {
    return result.exchanges().stream()
        .filter(exchange -> exchange.cut() != null)
        .mapToLong(exchange -> exchange.bytes())
        .findFirst()
        .orElse(0);
  }

  private static String comparison(EngineResult result) {
    int at = result.firstDifference();
    if (at < 0) {
      return "all "
          + Phrases.number(result.text().length())
          + " characters are those of the uncut answer";
    }
    int seam = result.outcome().seams().stream().mapToInt(s -> (int) s.offset()).min().orElse(-1);
    return seam >= 0 && at >= seam
        ? "one gapless text; from character "
            + Phrases.number(at)
            + " on, after the seam, the model wrote it differently"
        : "but the server itself wrote two answers, which part at character " + Phrases.number(at);
  }

  /** {@return why the answer was not continued, in a sentence} */
  private String whyNot(EngineResult result) {
    var outcome = result.outcome();
    String stopped = outcome.stoppedBy().map(Cause::id).orElse("no rung");
    String tries =
        failures.size() < 2
            ? "no way to continue fits this server and model"
            : "no way to continue worked ("
                + String.join("; ", failures.subList(1, failures.size()))
                + ")";
    return "the text ends after "
        + Phrases.count(result.text().length(), "character")
        + " and is reported as cut: "
        + tries
        + ", "
        + stopped;
  }

  /** {@return a verdict and its reason, as lines} */
  private List<String> refusal(String verdict, String why) {
    var lines = new ArrayList<String>();
    lines.add(style.red(style.bold(glyphs.no() + " " + verdict)));
    for (String line :
        TextWrapper.wrap(SafeText.line(why), Math.min(76, terminal.screen().columns() - 4))) {
      lines.add(line);
    }
    return lines;
  }

  private String fact(String name, String fact) {
    return style.dim("%-11s".formatted(name)) + fact;
  }

  /** {@return a rung's name, and what it does where the name does not show it} */
  private static String named(Rung rung) {
    String how = Phrases.rung(rung);
    return how.endsWith(id(rung)) ? id(rung) : id(rung) + ", " + how;
  }

  private static String id(Rung rung) {
    return rung.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
