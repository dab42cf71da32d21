package dev.holdfast.cli.cluster;

import dev.holdfast.cli.terminal.Glyphs;
import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.Phrases;
import dev.holdfast.cli.terminal.SafeText;
import dev.holdfast.cli.terminal.Style;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.TextWrapper;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

/** Shows the demo of the cluster, for people or as JSON lines. */
final class ClusterView {
  /** Blank columns left of the text; side lines put their sign there. */
  private static final int MARGIN = 2;

  private static final int MAX_WIDTH = 76;

  private final Terminal terminal;
  private final boolean json;
  private final Style style;
  private final Glyphs glyphs;
  private final int width;
  private final TextWrapper page;

  ClusterView(Terminal terminal, boolean json) {
    this.terminal = terminal;
    this.json = json;
    style = terminal.style();
    glyphs = terminal.glyphs();
    width = Math.min(MAX_WIDTH, terminal.screen().columns() - 2 * MARGIN);
    page = new TextWrapper(terminal::print, MARGIN, width);
  }

  /** Called before anything is started, which takes a second or two. */
  void starting() {
    if (!json) {
      margin(style.bold("holdfast demo --cluster"));
      wrapped("Three gateways share one Redis. The one that has the answer is killed.", style::dim);
      terminal.line("");
    }
  }

  /**
   * Called once all of it listens.
   *
   * @param first the index of the gateway that is asked
   */
  void open(long seed, String redis, List<NodeProcess> nodes, int first) {
    if (json) {
      terminal.line(
          JsonLine.of("demo")
              .with("seed", seed)
              .with("redis", redis)
              .withAll(
                  "nodes",
                  nodes.stream()
                      .map(node ->
                          JsonLine.of("node").with("node", node.number()).with("pid", node.pid()))
                      .toList())
              .with("asked", nodes.get(first).number()));
      return;
    }
    margin(
        style.dim(
            "redis   %s %s seed %d".formatted(redis.replace("redis://", ""), glyphs.dot(), seed)));
    for (var node : nodes) {
      boolean owner = node == nodes.get(first);
      String process = "node %d  process %d".formatted(node.number(), node.pid());
      margin(
          style.dim(process)
              + (owner ? style.dim(" " + glyphs.dot() + " ") + "the reader asks this one" : ""));
    }
    terminal.line("");
  }

  void text(String text) {
    if (json) {
      terminal.line(JsonLine.of("text").with("text", text));
    } else {
      page.text(SafeText.lines(text));
    }
  }

  void killed(NodeProcess node, int characters) {
    if (json) {
      terminal.line(
          JsonLine.of("killed")
              .with("node", node.number())
              .with("pid", node.pid())
              .with("characters", characters));
      return;
    }
    aside(
        style.red(glyphs.cut()),
        "node %d is dead: kill -9 %d".formatted(node.number(), node.pid()),
        style::red);
  }

  void returned(int node, String after) {
    if (json) {
      terminal.line(JsonLine.of("returned").with("node", node).with("after", after));
      return;
    }
    aside(
        style.cyan(glyphs.dot()),
        "the reader asks node %d for what follows its last event".formatted(node),
        style::dim);
  }

  void takenOver(int node, String rung) {
    if (json) {
      terminal.line(JsonLine.of("taken-over").with("node", node).with("rung", rung));
      return;
    }
    aside(
        style.cyan(glyphs.retry()),
        "node %d takes the stream over, and has it continued by %s".formatted(node, rung),
        style::dim);
  }

  /** The next piece of text is of the gateway that took the stream over. */
  void seam(int characters, Duration stoodStill) {
    if (json) {
      terminal.line(
          JsonLine.of("seam")
              .with("offset", characters)
              .with("stood_still_ms", stoodStill.toMillis()));
      return;
    }
    aside(
        style.cyan(glyphs.seam()),
        "joined at character %s, after %s"
            .formatted(Phrases.number(characters), Phrases.time(stoodStill)),
        style::dim);
    page.mark(style.cyan(glyphs.seam()));
  }

  void close(ClusterResult result, Duration lease) {
    var dead = result.dead();
    if (json) {
      terminal.line(
          JsonLine.of("summary")
              .with("complete", result.whole())
              .with("text", result.text())
              .with("expected", result.expected())
              .with("same", result.text().equals(result.expected()))
              .with("died", dead == null ? 0 : dead.number())
              .with("continued_by", result.heir())
              .with("rung", result.rung())
              .with("seam", result.seam())
              .with("lease_ms", lease.toMillis())
              .with("stood_still_ms", result.stoodStill().toMillis())
              .with("asked", result.asked()));
      return;
    }
    page.close();
    terminal.line("");
    verdict(result);
    terminal.line("");
    if (dead != null) {
      fact(
          "died",
          "node %d, by SIGKILL, after %s"
              .formatted(dead.number(), Phrases.count(result.killedAt(), "character")));
    }
    if (result.heir() > 0) {
      fact("continued", "by node %d, by %s".formatted(result.heir(), result.rung()));
    }
    if (result.seam() >= 0) {
      fact(
          "stood still",
          "%s, of which the lease of node %d was up to %s"
              .formatted(
                  Phrases.time(result.stoodStill()),
                  dead == null ? 0 : dead.number(),
                  Phrases.time(lease)));
    }
    fact(
        "provider",
        result.asked() == 2
            ? "asked twice: for the answer, and for the rest of it"
            : "asked " + Phrases.count(result.asked(), "time"));
  }

  private void verdict(ClusterResult result) {
    if (result.survived()) {
      margin(
          style.green(style.bold(glyphs.yes() + " COMPLETE"))
              + "  all %s characters are those of the uninterrupted answer"
                  .formatted(Phrases.number(result.text().length())));
      return;
    }
    String why =
        result.dead() == null || (result.whole() && result.heir() == 0)
            ? "the answer ended before its gateway was killed"
            : result.whole()
                ? "but the text differs from the uninterrupted answer"
                : "the text ends after " + Phrases.count(result.text().length(), "character");
    margin(style.red(style.bold(glyphs.no() + " NOT SURVIVED")) + "  " + why);
  }

  private void fact(String name, String fact) {
    String indent = " ".repeat(12);
    boolean begun = false;
    for (String line : TextWrapper.wrap(fact, width - indent.length())) {
      margin((begun ? indent : style.dim("%-12s".formatted(name))) + line);
      begun = true;
    }
  }

  private void wrapped(String text, UnaryOperator<String> paint) {
    TextWrapper.wrap(text, width).forEach(line -> margin(paint.apply(line)));
  }

  private void margin(String line) {
    terminal.line(" ".repeat(MARGIN) + line);
  }

  /** A side line: a sign in the margin, then what happened. */
  private void aside(String sign, String fact, UnaryOperator<String> paint) {
    String margin = sign + " ";
    for (String line : TextWrapper.wrap(SafeText.line(fact), width)) {
      page.aside(margin + paint.apply(line));
      margin = glyphs.dot() + " "; // Plain, a blank margin would look like the answer's text.
    }
  }
}
