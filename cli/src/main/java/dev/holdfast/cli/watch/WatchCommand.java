package dev.holdfast.cli.watch;

import dev.holdfast.cli.demo.DemoLoad;
import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.SafeText;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.Version;
import dev.holdfast.core.guard.SafeUrl;
import dev.holdfast.core.json.Json;
import dev.holdfast.observe.StreamMonitor;
import dev.holdfast.observe.dashboard.Dashboard;
import dev.holdfast.observe.server.MonitorServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** How streams are, live. */
@Command(
    name = "watch",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Shows how an application's streams are, live.",
    description =
        "Shows how the streams of an application are, live, from its MonitorServer."
            + " Without a URL it shows streams of its own, from a server that breaks them. With"
            + " --web it serves the same as a page for a browser.",
    footer = {"", "Ctrl-C ends it. docs/metrics.md describes the numbers."})
public final class WatchCommand implements Callable<Integer> {
  /** Enough for a table worth looking at. */
  private static final Duration BEFORE_ONCE = Duration.ofSeconds(3);

  /** With {@code --once}: how many reports without a stream are waited through, one per second. */
  private static final int EMPTY_REPORTS = 5;

  /** Rows of the smallest usual terminal, less one for the cursor. */
  private static final int ROWS = 23;

  private static final String ENTER = "\u001b[?1049h\u001b[?25l";
  private static final String LEAVE = "\u001b[?25h\u001b[?1049l";
  private static final String HOME = "\u001b[H";
  private static final String END_OF_LINE = "\u001b[K\n";
  private static final String END_OF_SCREEN = "\u001b[J";

  private final Terminal terminal;
  private final AtomicBoolean onScreen = new AtomicBoolean();

  @Parameters(
      arity = "0..1",
      paramLabel = "URL",
      description = "of a MonitorServer, for example http://127.0.0.1:9464/")
  private @Nullable String url;

  @Option(names = "--once", description = "show it once and end")
  private boolean once;

  @Option(names = "--json", description = "one JSON line per second, as the server sends it")
  private boolean json;

  @Option(
      names = "--for",
      paramLabel = "SECONDS",
      defaultValue = "600",
      description = "how long streams of its own begin (default: 600)")
  private int seconds;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "what breaks in streams of its own (default: 1)")
  private long seed;

  @Option(names = "--web", description = "show it in a browser: serve the dashboard")
  private boolean web;

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "0",
      description = "where the dashboard listens (default: any free port)")
  private int port;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description =
          "the address that the dashboard listens on; 0.0.0.0 for all (default: 127.0.0.1)")
  private String host = "127.0.0.1";

  @Option(
      names = "--allow-host",
      paramLabel = "HOST",
      description = {
        "a name that the dashboard is reached by, besides its address: NAME, NAME:PORT, *.DOMAIN,"
            + " a range such as 10.0.0.0/8, or * for all; repeatable"
      })
  private List<String> allowed = List.of();

  /** Reports without a stream so far. */
  private int empty;

  public WatchCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (seconds < 1 || seconds > 86_400) {
      throw BadInputException.of("--for", "must be 1 to 86400", seconds);
    }
    if (port < 0 || port > 65535) {
      throw BadInputException.of("--port", "must be 0 to 65535", port);
    }
    if (!web && (!host.equals("127.0.0.1") || !allowed.isEmpty())) {
      throw new BadInputException("--host, --allow-host: must come with --web, were without");
    }
    if (web && (once || json)) {
      throw new BadInputException("--web: must come without --once and --json, was with one");
    }
    var monitor = new StreamMonitor();
    if (url != null && web) {
      var relay = new MonitorRelay(address(url));
      try (var server = serve(MonitorServer.builder(monitor).route(new Dashboard()).route(relay))) {
        return show(server);
      }
    }
    if (url != null) {
      return follow(address(url));
    }
    try (var server = serve(MonitorServer.builder(monitor).route(new Dashboard()));
        var load = new DemoLoad(monitor, seed, Duration.ofSeconds(seconds))) {
      if (once) {
        load.awaitSome(BEFORE_ONCE);
      }
      return web ? show(server) : follow(server.uri());
    }
  }

  private MonitorServer serve(MonitorServer.Builder builder) {
    try {
      allowed.forEach(builder::host);
    } catch (IllegalArgumentException e) {
      throw new BadInputException("--allow-" + e.getMessage());
    }
    try {
      return builder.address(listenAddress()).port(port).start();
    } catch (UncheckedIOException e) {
      throw BadInputException.of("--port", "must be free to listen on", port);
    }
  }

  private InetAddress listenAddress() {
    try {
      return InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw BadInputException.of("--host", "must be an address of this machine", host);
    }
  }

  /** Prints the dashboard's address, and waits for Ctrl-C. */
  private int show(MonitorServer server) throws InterruptedException {
    var style = terminal.style();
    terminal.line(
        "%s  %s  %s"
            .formatted(style.bold("holdfast watch"), server.uri(), style.dim("Ctrl-C ends it")));
    var end = new CountDownLatch(1);
    return Terminal.abortable(
        end::countDown,
        () -> {
          end.await();
          return Exit.OK;
        });
  }

  private static URI address(String url) {
    try {
      var uri = URI.create(url.strip());
      boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (http && uri.getHost() != null) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // Reported below.
    }
    throw BadInputException.of("URL", "must be an http or https address", SafeUrl.target(url));
  }

  private int follow(URI uri) throws InterruptedException {
    var screen = terminal.screen();
    boolean live = screen.out() && !once && !json;
    var table =
        new HealthTable(
            terminal.style(), terminal.glyphs(), screen.columns(), live ? ROWS : Integer.MAX_VALUE);
    try (var feed = feed(uri)) {
      return Terminal.abortable(
          () -> {
            leaveScreen();
            feed.stop();
          },
          () -> {
            read(feed, uri, data -> show(data, table, uri, live));
            return Exit.OK;
          });
    } finally {
      leaveScreen();
    }
  }

  private static MonitorClient feed(URI uri) {
    try {
      return new MonitorClient(uri);
    } catch (IOException e) {
      throw unreachable(uri, e);
    }
  }

  private static void read(MonitorClient feed, URI uri, MonitorClient.Reader reader)
      throws InterruptedException {
    try {
      feed.read(reader);
    } catch (IOException e) {
      throw unreachable(uri, e);
    }
  }

  private static BadInputException unreachable(URI uri, IOException e) {
    return BadInputException.of(
        "URL",
        "must be a server that answers",
        SafeUrl.of(uri.toString()) + " (" + e.getClass().getSimpleName() + ")");
  }

  private boolean show(String data, HealthTable table, URI uri, boolean live) {
    if (once && empty < EMPTY_REPORTS && isEmpty(data)) {
      empty++;
      return true;
    }
    if (json) {
      terminal.line(JsonLine.escaped(data));
      return !once;
    }
    var lines = table.lines(object(data), SafeText.line(uri.toString()));
    if (live) {
      if (onScreen.compareAndSet(false, true)) {
        terminal.print(ENTER);
      }
      var frame = new StringBuilder(HOME);
      lines.forEach(line -> frame.append(line).append(END_OF_LINE));
      terminal.print(frame.append(END_OF_SCREEN).toString());
    } else {
      lines.forEach(terminal::line);
      if (!once) {
        terminal.line("");
      }
    }
    return !once;
  }

  /** {@return whether the application has had no stream yet} */
  private static boolean isEmpty(String data) {
    Json.Obj report = object(data).object("report");
    return report != null && report.number("total", 0) == 0 && report.number("active", 0) == 0;
  }

  private void leaveScreen() {
    if (onScreen.compareAndSet(true, false)) {
      terminal.print(LEAVE);
    }
  }

  private static Json.Obj object(String data) {
    try {
      if (Json.parse(data) instanceof Json.Obj news) {
        return news;
      }
    } catch (Json.MalformedException e) {
      // Reported below.
    }
    throw BadInputException.of("URL", "must serve a monitor's events", "other data");
  }
}
