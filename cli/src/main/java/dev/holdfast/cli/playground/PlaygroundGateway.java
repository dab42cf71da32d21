package dev.holdfast.cli.playground;

import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.config.Credential;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The gateway of the playground, in a process of its own that is killed. It writes what its streams
 * do to stdout, and ends with its parent: at the end of stdin.
 */
public final class PlaygroundGateway {
  /** A user cuts more often than a network does. */
  private static final RetryPolicy MANY =
      RetryPolicy.DEFAULT.withMaxAttempts(10).withMaxContinuations(100);

  private PlaygroundGateway() {}

  /** Runs a gateway. Arguments: its port, the upstream as PROTOCOL=BASE_URL, the journal. */
  public static void main(String[] arguments) throws IOException {
    var terminal = Terminal.ofProcess();
    var start = GatewayConfig.DEFAULT;
    // A provider without a key: after a kill its streams are continued at once.
    var upstream = UpstreamConfig.parse(arguments[1]).withCredential(Credential.NONE);
    var config =
        start
            .listeningAt(start.listen().address(), Integer.parseInt(arguments[0]), 0)
            .withUpstreams(List.of(upstream))
            .withDrain(Duration.ZERO)
            .withPolicy(StreamPolicy.DEFAULT.withRetry(MANY))
            .withJournal(JournalConfig.at(Path.of(arguments[2])));
    var lines = new StreamLines(terminal::line);
    var gateway = Gateway.builder(config).observer(lines).start();
    terminal.line(JsonLine.of("up").with("port", gateway.port()));
    while (terminal.in().read() >= 0) {
      // Nothing is expected.
    }
    Runtime.getRuntime().halt(0);
  }
}
