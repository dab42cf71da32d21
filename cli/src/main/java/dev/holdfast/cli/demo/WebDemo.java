package dev.holdfast.cli.demo;

import dev.holdfast.cli.playground.Playground;
import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.Terminal;
import java.util.concurrent.CountDownLatch;

/** Serves the playground until the user ends it. */
final class WebDemo {
  private final Terminal terminal;
  private final boolean json;

  WebDemo(Terminal terminal, boolean json) {
    this.terminal = terminal;
    this.json = json;
  }

  /** {@return the exit code} */
  int run(int port) throws InterruptedException {
    try (var playground = start(port)) {
      if (json) {
        terminal.line(JsonLine.of("listening").with("url", playground.uri().toString()));
      } else {
        var style = terminal.style();
        terminal.line(
            "%s  %s  %s"
                .formatted(
                    style.bold("holdfast playground"),
                    playground.uri(),
                    style.dim("open it in a browser; Ctrl-C ends it")));
      }
      var end = new CountDownLatch(1);
      return Terminal.abortable(
          () -> {
            end.countDown();
            playground.end(); // In the time that a signal leaves; the journal is removed.
          },
          () -> {
            end.await();
            return Exit.OK;
          });
    }
  }

  private static Playground start(int port) throws InterruptedException {
    try {
      return Playground.start(port);
    } catch (IllegalArgumentException e) {
      throw new BadInputException("--" + e.getMessage());
    }
  }
}
