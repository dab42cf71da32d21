package dev.holdfast.cli.serve;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.InvalidConfigException;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.JournalPlace;
import dev.holdfast.gateway.config.UiConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.gateway.config.file.ConfigFile;
import dev.holdfast.gateway.config.file.Environment;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * What the command line decides. Options of the listener and of the end replace what the file has
 * for them; upstreams are either in the file or on the command line.
 */
final class ServeOptions {
  private static final int PORT = 4180;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "a YAML file with upstreams, routes, keys and limits")
  private @Nullable String file;

  @Option(
      names = "--host",
      paramLabel = "H",
      description = "where to listen; other addresses than loopback need keys (default: 127.0.0.1)")
  private @Nullable String host;

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "where to listen; 0 for any free port (default: 4180)")
  private @Nullable Integer port;

  @Option(
      names = "--management-port",
      paramLabel = "N",
      description = "health, metrics and dashboard (default: any free port, which is printed)")
  private @Nullable Integer managementPort;

  @Option(
      names = "--upstream",
      paramLabel = "PROTOCOL=BASE_URL",
      description =
          "the upstream to ask, for example openai-chat=http://127.0.0.1:9000/v1; may be repeated,"
              + " once for each protocol; not with --config")
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
      description = "how long open streams may last after the first signal (default: 600)")
  private @Nullable Integer drainSeconds;

  @Option(
      names = "--journal",
      paramLabel = "DIR|REDIS",
      description =
          "keep streams in this directory, so that they outlive connection and process; or in a"
              + " Redis, as redis://HOST, so that other gateways continue them")
  private @Nullable String journal;

  @Option(
      names = "--durable-streams",
      description =
          "serve the Durable Streams protocol at /v1/stream/, kept in --journal; without it in"
              + " memory, which ends with the process")
  private boolean durableStreams;

  @Option(
      names = "--ui-messages",
      description =
          "serve the AI SDK's useChat at /ui/chat, with its UI message stream; needs --journal")
  private boolean uiMessages;

  @Option(
      names = "--ui-model",
      paramLabel = "MODEL",
      description = "the model of chats that name none, with --ui-messages")
  private @Nullable String uiModel;

  boolean hasDurableStreams() {
    return durableStreams;
  }

  boolean hasFile() {
    return file != null;
  }

  /**
   * {@return the configuration}
   *
   * @throws InvalidConfigException if the file has errors
   * @throws BadInputException if an option is wrong
   */
  GatewayConfig config(Environment environment) {
    if (file != null && !upstreams.isEmpty()) {
      throw new BadInputException("--upstream: must not go with --config, which names upstreams");
    }
    if (profile != null && upstreams.isEmpty()) {
      throw BadInputException.of("--profile", "must go with --upstream", profile);
    }
    if (uiModel != null && !uiMessages) {
      throw BadInputException.of("--ui-model", "must go with --ui-messages", uiModel);
    }
    if (drainSeconds != null && (drainSeconds < 0 || drainSeconds > 86_400)) {
      throw BadInputException.of("--drain", "must be 0 to 86400", drainSeconds);
    }
    try {
      return options(start(environment));
    } catch (InvalidConfigException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new BadInputException(option(String.valueOf(e.getMessage())));
    }
  }

  private GatewayConfig start(Environment environment) {
    if (file != null) {
      return ConfigFile.read(path("--config", file, "a file's name"), environment);
    }
    var listen = GatewayConfig.DEFAULT.listen();
    var config = GatewayConfig.DEFAULT.listeningAt(listen.address(), PORT, 0);
    return upstreams.isEmpty() ? config : config.withUpstreams(named());
  }

  /** Which of two is to be asked first, and with which key, can be written in a file alone. */
  private List<UpstreamConfig> named() {
    var named = new ArrayList<UpstreamConfig>();
    for (String text : upstreams) {
      var upstream = upstream(text);
      String protocol = upstream.protocol();
      if (named.stream().anyMatch(other -> other.protocol().equals(protocol))) {
        throw BadInputException.of(
            "--upstream",
            "must name each protocol once, as a file of --config takes several",
            protocol + " again");
      }
      named.add(upstream);
    }
    return named;
  }

  private static Path path(String option, String file, String rule) {
    try {
      return Path.of(file);
    } catch (InvalidPathException e) {
      throw BadInputException.of(option, "must be " + rule, file);
    }
  }

  private GatewayConfig options(GatewayConfig config) {
    var listen = config.listen();
    var changed =
        config.listeningAt(
            host == null ? listen.address() : address(host),
            port == null ? listen.port() : port,
            managementPort == null ? listen.management().port() : managementPort);
    var kept = journal == null ? changed : changed.withJournal(journal(changed.journal()));
    var served = uiMessages ? kept.withUi(ui(kept.ui())) : kept;
    var drained =
        drainSeconds == null ? served : served.withDrain(Duration.ofSeconds(drainSeconds));
    return drained.startable();
  }

  private UiConfig ui(@Nullable UiConfig file) {
    var start = file == null ? UiConfig.DEFAULT : file;
    return uiModel == null ? start : start.withModel(uiModel);
  }

  private JournalConfig journal(@Nullable JournalConfig file) {
    var place = place(String.valueOf(journal));
    if (file != null) {
      return file.withPlace(place);
    }
    return switch (place) {
      case JournalPlace.Directory directory -> JournalConfig.at(directory.path());
      case JournalPlace.Redis redis -> JournalConfig.at(redis);
    };
  }

  private static JournalPlace place(String text) {
    try {
      return JournalPlace.of(text);
    } catch (InvalidPathException e) {
      throw BadInputException.of("--journal", "must be a directory's name or redis://...", text);
    }
  }

  private UpstreamConfig upstream(String text) {
    var upstream = UpstreamConfig.parse(text);
    return profile == null ? upstream : upstream.withProfile(profile);
  }

  private static InetAddress address(String host) {
    try {
      return InetAddress.getAllByName(host)[0];
    } catch (UnknownHostException e) {
      throw BadInputException.of("--host", "must be an address of this machine", host);
    }
  }

  static String option(String sentence) {
    if (sentence.startsWith("--")) {
      return sentence;
    }
    if (sentence.startsWith("tls")) {
      return "listen." + sentence; // Of the file alone.
    }
    return "--"
        + sentence
            .replaceFirst("^managementPort", "management-port")
            .replaceFirst(
                "^uiMessages: must go with a journal", "ui-messages: must go with --journal");
  }
}
