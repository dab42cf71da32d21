package dev.holdfast.cli.serve;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.OutputClosedException;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.Version;
import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The gateway. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Runs the gateway: any client gets whole streams by its base URL.",
    description =
        "Listens on the loopback address and passes requests on to their provider, with the"
            + " client's own key. Streams that break are continued; a stream that cannot be is"
            + " ended with its protocol's error.",
    footer = {
      "",
      "Without --upstream it serves api.openai.com, api.anthropic.com,"
          + " generativelanguage.googleapis.com and a local Ollama, by path. The first signal"
          + " (SIGTERM, Ctrl-C) lets open streams end, the second ends at once."
          + " docs/gateway.md has the details."
    })
public final class ServeCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--host",
      paramLabel = "H",
      defaultValue = "127.0.0.1",
      description = "where to listen, a loopback address (default: ${DEFAULT-VALUE})")
  private String host = "";

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "4180",
      description = "where to listen; 0 for any free port (default: ${DEFAULT-VALUE})")
  private int port;

  @Option(
      names = "--management-port",
      paramLabel = "N",
      defaultValue = "0",
      description = "health, metrics and dashboard (default: any free port, which is printed)")
  private int managementPort;

  @Option(
      names = "--upstream",
      paramLabel = "PROTOCOL=BASE_URL",
      description =
          "the upstream to ask, for example openai-chat=http://127.0.0.1:9000/v1; may be repeated, once"
              + " for each provider's paths")
  private List<String> upstreams = new ArrayList<>();

  @Option(
      names = "--profile",
      paramLabel = "NAME",
      description =
          "how the upstreams named by --upstream can be made to continue, for example llama.cpp or"
              + " vllm (default: by host and model, or as the server names itself)")
  private @Nullable String profile;

  @Option(
      names = "--drain",
      paramLabel = "SECONDS",
      defaultValue = "600",
      description = "how long open streams may last after the first signal (default: 600)")
  private int drainSeconds;

  @Option(names = "--json", description = "one JSON line with the addresses, then one per request")
  private boolean json;

  public ServeCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    var screen = new ServeScreen(terminal, json);
    var end = new CountDownLatch(1);
    try (var gateway = start(screen, end)) {
      screen.open(gateway);
      return Signals.handled(
          () -> {
            screen.draining(gateway.open());
            gateway.drain();
            end.countDown();
          },
          () -> {
            end.await();
            return screen.isReaderGone() ? Exit.OUTPUT_CLOSED : Exit.OK;
          });
    } catch (InterruptedException e) {
      return Exit.OK; // An interrupt ends a command that runs in a thread of its own.
    }
  }

  private Gateway start(ServeScreen screen, CountDownLatch end) {
    try {
      return Gateway.builder(config())
          .accessLog(line -> {
            try {
              screen.request(line);
            } catch (OutputClosedException e) {
              screen.readerGone();
              end.countDown();
            }
          })
          .start();
    } catch (IllegalArgumentException e) {
      throw new BadInputException(option(String.valueOf(e.getMessage())));
    }
  }

  private GatewayConfig config() {
    if (drainSeconds < 0 || drainSeconds > 86_400) {
      throw BadInputException.of("--drain", "must be 0 to 86400", drainSeconds);
    }
    var config = GatewayConfig.DEFAULT;
    if (!upstreams.isEmpty()) {
      config = config.withUpstreams(upstreams.stream().map(this::upstream).toList());
    } else if (profile != null) {
      throw BadInputException.of("--profile", "must go with --upstream", profile);
    }
    return config
        .listeningAt(address(), port, managementPort)
        .withDrain(Duration.ofSeconds(drainSeconds));
  }

  private UpstreamConfig upstream(String text) {
    var upstream = UpstreamConfig.parse(text);
    return profile == null ? upstream : upstream.withProfile(profile);
  }

  private InetAddress address() {
    try {
      return InetAddress.getAllByName(host)[0];
    } catch (UnknownHostException e) {
      throw BadInputException.of("--host", "must be an address of this machine", host);
    }
  }

  private static String option(String sentence) {
    if (sentence.startsWith("--")) {
      return sentence;
    }
    return "--" + sentence.replaceFirst("^managementPort", "management-port");
  }
}
