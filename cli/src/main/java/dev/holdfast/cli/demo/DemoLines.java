package dev.holdfast.cli.demo;

import dev.holdfast.cli.stream.EventLines;
import dev.holdfast.cli.stream.OutcomeLines;
import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.testkit.fault.Protocol;

/** The demo for programs: a line with the plan, one per event, and one with the outcome. */
final class DemoLines implements DemoView {
  private final Terminal terminal;

  DemoLines(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void open(long seed, Protocol protocol, String url) {
    terminal.line(
        JsonLine.of("demo").with("seed", seed).with("protocol", protocol.id()).with("url", url));
  }

  @Override
  public void show(StreamEvent event) {
    terminal.line(EventLines.of(event, terminal.redactor()));
  }

  @Override
  public void close(DemoResult result) {
    terminal.line(
        OutcomeLines.json(result.outcome(), result.meter())
            .with("text", result.text())
            .with("expected", result.expected())
            .with("same", result.text().equals(result.expected()))
            .with("injected", result.injected()));
  }
}
