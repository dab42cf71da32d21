package dev.holdfast.cli;

import dev.holdfast.testkit.FaultServer;
import dev.holdfast.testkit.ReceivedRequest;
import dev.holdfast.testkit.Scenario;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The fault server alone. */
@Command(
    name = "faults",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    description = "Runs a server that plays a model provider and breaks its replies, until Ctrl-C.",
    footer = {
      "",
      "Without a scenario every stream gets faults drawn from the seed, and heals.",
      "docs/faults.md lists the faults and explains scenario files."
    })
final class FaultsCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--port",
      paramLabel = "N",
      required = true,
      description = "where to listen on 127.0.0.1; 0 for any free port")
  private int port;

  @Option(names = "--seed", paramLabel = "N", description = "of everything drawn (default: 1)")
  private @Nullable Long seed;

  @Option(names = "--scenario", paramLabel = "FILE", description = "what to say and what to break")
  private @Nullable String scenario;

  @Option(names = "--json", description = "one JSON line with the port, then one per request")
  private boolean json;

  FaultsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (port < 0 || port > 65535) {
      throw BadInputException.of("--port", "must be 0 to 65535", port);
    }
    var chosen = scenario();
    var over = new CountDownLatch(1);
    var unread = new AtomicBoolean();
    var screen = new FaultsScreen(terminal, json);
    try (var server =
        start(
            chosen,
            request -> {
              try {
                screen.show(request);
              } catch (OutputClosedException e) {
                unread.set(true);
                over.countDown();
              }
            })) {
      screen.open(server, chosen.seed());
      Terminal.abortable(over::countDown, () -> await(over));
    }
    return unread.get() ? Exit.OUTPUT_CLOSED : Exit.OK;
  }

  private Scenario scenario() {
    if (scenario == null) {
      return Scenario.random(seed == null ? 1 : seed);
    }
    try {
      var read = Scenario.load(Path.of(scenario));
      return seed == null
          ? read
          : new Scenario(read.answer(), read.continuation(), seed, read.script());
    } catch (InvalidPathException e) {
      throw BadInputException.of("--scenario", "must be a file", scenario);
    } catch (IllegalArgumentException e) {
      throw new BadInputException("--scenario: " + e.getMessage());
    }
  }

  private FaultServer start(
      Scenario chosen, java.util.function.Consumer<ReceivedRequest> listener) {
    try {
      return FaultServer.builder().port(port).scenario(chosen).listener(listener).start();
    } catch (IllegalArgumentException e) {
      throw new BadInputException("--" + e.getMessage());
    }
  }

  private static boolean await(CountDownLatch over) {
    try {
      over.await();
      return true;
    } catch (InterruptedException e) {
      // Whoever runs the command in a thread ends it this way.
      return false;
    }
  }
}
