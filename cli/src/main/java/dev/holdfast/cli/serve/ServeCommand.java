package dev.holdfast.cli.serve;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.OutputClosedException;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.Version;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.NettyDefaults;
import dev.holdfast.gateway.access.GatewayKey;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.InvalidConfigException;
import dev.holdfast.gateway.config.JournalPlace;
import dev.holdfast.gateway.config.file.ConfigFile;
import dev.holdfast.gateway.durable.DurableSettings;
import dev.holdfast.testkit.journal.MemoryJournal;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
      "Without --upstream or --config it serves api.openai.com, api.anthropic.com,"
          + " generativelanguage.googleapis.com and a local Ollama, by path. The first signal"
          + " (SIGTERM, Ctrl-C) lets open streams end, the second ends at once. SIGHUP reads the"
          + " file of --config again. docs/gateway.md has the details."
    })
public final class ServeCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private ServeOptions options = new ServeOptions();

  @Option(
      names = "--check",
      description = "read the configuration, print what goes where, and exit: 0 if it can be used")
  private boolean check;

  @Option(
      names = "--hash-key",
      description = "make a key for a client, print it and its hash for the file, and exit")
  private boolean hashKey;

  @Option(
      names = "--print-schema",
      description = "print the JSON Schema of the configuration file, and exit")
  private boolean printSchema;

  @Option(names = "--json", description = "one JSON line with the addresses, then one per request")
  private boolean json;

  @Option(
      names = "--rehearse",
      hidden = true,
      description = "serve some streams of a server of its own, and exit: for the start-up cache")
  private boolean rehearses;

  /** What the command does while its gateway is open. */
  private interface Work {
    /** Returns at the end of the gateway. */
    void during(Gateway gateway) throws InterruptedException;
  }

  public ServeCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    var screen = new ServeScreen(terminal, json);
    if (printSchema) {
      terminal.print(ConfigFile.schema());
      return Exit.OK;
    }
    if (hashKey) {
      String key = GatewayKey.create(new SecureRandom());
      screen.key(key, GatewayKey.hash(key));
      return Exit.OK;
    }
    GatewayConfig config;
    try {
      config = options.config(terminal::environment);
    } catch (InvalidConfigException e) {
      screen.invalid(e.errors(), check);
      return Exit.BAD_INPUT;
    }
    if (check) {
      screen.checked(config);
      return Exit.OK;
    }
    var end = new CountDownLatch(1);
    if (!rehearses) {
      return serve(
          config,
          screen,
          end,
          gateway -> {
            openJars();
            end.await();
          });
    }
    try (var rehearsal = new Rehearsal()) {
      return serve(rehearsal.configured(config), screen, end, rehearsal::play);
    }
  }

  /** Jars that are replaced later, as by an upgrade, would have other classes than are loaded. */
  private static void openJars() {
    // With a start-up cache most are not open; a name that is in none has all of them searched.
    var unused = ServeCommand.class.getClassLoader().resources("holdfast/in-no-jar").count();
  }

  private int serve(GatewayConfig config, ServeScreen screen, CountDownLatch end, Work work) {
    NettyDefaults.use();
    try (var gateway = start(config, screen, end)) {
      var ui = config.ui();
      screen.open(
          gateway,
          directory(config).map(Path::toString).orElse(null),
          options.hasDurableStreams() ? storage(config) : null,
          ui == null ? null : ui.path());
      return Signals.handled(
          () -> {
            screen.draining(gateway.open(), config.listen().acceptAfterSignal());
            gateway.drain();
            end.countDown();
          },
          options.hasFile() ? gateway::reload : null,
          () -> {
            work.during(gateway);
            return screen.isReaderGone() ? Exit.OUTPUT_CLOSED : Exit.OK;
          });
    } catch (InterruptedException e) {
      return Exit.OK; // An interrupt ends a command that runs in a thread of its own.
    }
  }

  private static String storage(GatewayConfig config) {
    return directory(config).map(Path::toString).orElse("memory");
  }

  /** {@return the directory of the journal; empty where there is none, or it is elsewhere} */
  private static Optional<Path> directory(GatewayConfig config) {
    var journal = config.journal();
    return journal != null && journal.place() instanceof JournalPlace.Directory directory
        ? Optional.of(directory.path())
        : Optional.empty();
  }

  private GatewayConfig again() {
    try {
      return options.config(terminal::environment);
    } catch (BadInputException e) {
      throw new InvalidConfigException(List.of(e.sentence()));
    }
  }

  private static void durable(Gateway.Builder builder, GatewayConfig config) {
    var settings = DurableSettings.DEFAULT;
    if (directory(config).isEmpty()) {
      // A quarter of the heap: past it appends are refused.
      long total = Math.max(1 << 20, Runtime.getRuntime().maxMemory() / 4);
      var limits = new JournalLimits(4 << 10, 16 << 20, total, 100_000, total);
      builder.durableStreams(settings, new MemoryJournal(System::currentTimeMillis, limits));
    } else {
      builder.durableStreams(settings);
    }
  }

  private Gateway start(GatewayConfig config, ServeScreen screen, CountDownLatch end) {
    var builder =
        Gateway.builder(config)
            .accessLog(line -> {
              try {
                screen.request(line);
              } catch (OutputClosedException e) {
                screen.readerGone();
                end.countDown();
              }
            });
    if (options.hasDurableStreams()) {
      durable(builder, config);
    }
    if (options.hasFile()) {
      builder.reloadFrom(this::again).onReload(screen::reloaded);
    }
    try {
      return builder.start();
    } catch (IllegalArgumentException e) {
      throw new BadInputException(ServeOptions.option(String.valueOf(e.getMessage())));
    }
  }
}
