package dev.holdfast.cli.faults;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.OutputClosedException;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.Version;
import dev.holdfast.testkit.answer.EverydayAnswers;
import dev.holdfast.testkit.scenario.Scenario;
import dev.holdfast.testkit.server.FaultServer;
import dev.holdfast.testkit.server.ReceivedRequest;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The fault server alone. */
@Command(
    name = "faults",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Runs a server that plays a model provider and breaks its replies, until Ctrl-C.",
    footer = {
      "",
      "Without a scenario the server answers in ordinary English and breaks about one"
          + " request in ten. docs/faults.md lists the faults, docs/scenarios.md explains"
          + " scenario files."
    })
public final class FaultsCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "0",
      description = "where to listen (default: any free port, which is printed)")
  private int port;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description = "where to listen (default: ${DEFAULT-VALUE})")
  private String host = "";

  @Option(
      names = "--allow-remote",
      description = "allow an address that other machines can reach; it has no password")
  private boolean allowRemote;

  @Option(names = "--seed", paramLabel = "N", description = "of everything drawn (default: 1)")
  private @Nullable Long seed;

  @Option(names = "--scenario", paramLabel = "FILE", description = "answers and faults, as a file")
  private @Nullable String scenario;

  @Option(
      names = "--chaos",
      description = "draw the answer, the model's behaviour and a fault for most requests")
  private boolean chaos;

  @Option(names = "--json", description = "one JSON line with the port, then one per request")
  private boolean json;

  public FaultsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (port < 0 || port > 65535) {
      throw BadInputException.of("--port", "must be 0 to 65535", port);
    }
    InetAddress address = address();
    var chosen = scenario();
    var screen = new FaultsScreen(terminal, json);
    var end = new CompletableFuture<Integer>();
    try (var server = start(address, chosen, request -> show(request, screen, end))) {
      screen.open(server, chosen.seed());
      return Terminal.abortable(() -> end.complete(Exit.OK), () -> await(end));
    } catch (InterruptedException e) {
      return Exit.OK; // An interrupt ends a command that runs in a thread of its own.
    }
  }

  private static void show(
      ReceivedRequest request, FaultsScreen screen, CompletableFuture<Integer> end) {
    try {
      screen.show(request);
    } catch (OutputClosedException e) {
      end.complete(Exit.OUTPUT_CLOSED);
    }
  }

  private static int await(CompletableFuture<Integer> end) throws InterruptedException {
    try {
      return end.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("end: must be completed with a code", e);
    }
  }

  private Scenario scenario() {
    if (scenario == null) {
      long drawn = seed == null ? 1 : seed;
      return chaos ? Scenario.random(drawn) : Scenario.everyday(drawn);
    }
    if (chaos) {
      throw BadInputException.of("--chaos", "must not be given with --scenario", scenario);
    }
    try {
      var file = Path.of(scenario);
      return seed == null ? Scenario.load(file) : Scenario.load(file, seed);
    } catch (InvalidPathException e) {
      throw BadInputException.of("--scenario", "must be a file", scenario);
    } catch (IllegalArgumentException e) {
      String message = String.valueOf(e.getMessage());
      throw new BadInputException(
          message.startsWith("scenario: ") ? "--" + message : "--scenario: " + message);
    }
  }

  private InetAddress address() {
    InetAddress address;
    try {
      address = InetAddress.getAllByName(host)[0];
    } catch (UnknownHostException e) {
      throw BadInputException.of("--host", "must be an address of this machine", host);
    }
    if (!allowRemote && !address.isLoopbackAddress()) {
      throw BadInputException.of(
          "--host", "must be a loopback address unless --allow-remote is given", host);
    }
    return address;
  }

  private FaultServer start(
      InetAddress address, Scenario chosen, Consumer<ReceivedRequest> listener) {
    var builder = FaultServer.builder().port(port).bind(address).scenario(chosen);
    if (scenario == null && !chaos) {
      builder.answers(EverydayAnswers.byPrompt(chosen.seed()));
    }
    try {
      return (allowRemote ? builder.allowRemote() : builder).listener(listener).start();
    } catch (IllegalArgumentException e) {
      String message = String.valueOf(e.getMessage());
      throw new BadInputException(
          "--" + (message.startsWith("bind") ? message.replaceFirst("bind", "host") : message));
    }
  }
}
