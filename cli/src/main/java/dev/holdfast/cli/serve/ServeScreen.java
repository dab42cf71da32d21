package dev.holdfast.cli.serve;

import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.core.json.Json;
import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.JournalPlace;
import dev.holdfast.gateway.config.KeyConfig;
import dev.holdfast.gateway.config.SharedConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.gateway.manage.Reloaded;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Shows a gateway: how to reach it, then every request that ended. */
final class ServeScreen {
  private final Terminal terminal;
  private final boolean json;
  private volatile boolean readerGone;

  ServeScreen(Terminal terminal, boolean json) {
    this.terminal = terminal;
    this.json = json;
  }

  /**
   * Shows where it listens.
   *
   * @param journal the directory of the journal; null if there is none, or it is elsewhere
   * @param streams where Durable Streams are kept; null if they are not served
   * @param ui where chats of the AI SDK are posted; null if they are not served
   */
  void open(
      Gateway gateway, @Nullable String journal, @Nullable String streams, @Nullable String ui) {
    String url = gateway.uri().toString();
    if (json) {
      var line =
          JsonLine.of("listening")
              .with("url", url)
              .with("management", gateway.management().toString());
      var here = journal == null ? line : line.with("journal", journal);
      var kept = gateway.journalKeeps().map(what -> here.with("journalKeeps", what)).orElse(here);
      var more = streams == null ? kept : kept.with("durableStreams", streams);
      terminal.line(ui == null ? more : more.with("uiMessages", url + ui));
      return;
    }
    var style = terminal.style();
    var text = new StringBuilder();
    text.append("%s  %s\n\n".formatted(style.bold("holdfast serve"), url));
    for (UpstreamConfig upstream : gateway.upstreams()) {
      text.append("  %-10s %s\n".formatted(variable(upstream.family()), setting(upstream, url)));
      text.append("  %-10s %s\n".formatted("", style.dim("asks " + upstream.base())));
    }
    if (journal != null) {
      text.append(
          "\n  journal: %s; streams are read at %s/v1/streams/ID\n".formatted(journal, url));
    }
    if (streams != null) {
      boolean memory = streams.equals("memory");
      text.append(
          "\n  Durable Streams: %s/v1/stream/, %s\n"
              .formatted(
                  url,
                  memory
                      ? "kept in memory: they end with this process, --journal DIR keeps them"
                      : "kept in " + streams));
    }
    gateway
        .journalKeeps()
        .ifPresent(
            what -> text.append("\n  journal in Redis, %s: %s\n".formatted(what, meaning(what))));
    if (ui != null) {
      text.append("\n  AI SDK, useChat: %s%s\n".formatted(url, ui));
    }
    text.append("\n  health, metrics, dashboard: %s\n\n".formatted(gateway.management()));
    terminal.print(text.toString());
  }

  /** {@return what outlives what} */
  private static String meaning(String durability) {
    return switch (durability) {
      case "synced" -> "a stored event outlives this process, Redis and a power failure";
      case "written" ->
          "a stored event outlives this process and Redis; a power failure takes the last second";
      case "memory" -> "a stored event outlives this process, and not the end of Redis";
      case "evictable" -> "Redis drops streams when its memory is used up";
      default -> "Redis does not report what it keeps, so nothing may be relied on";
    };
  }

  static String variable(UpstreamConfig.Family family) {
    return switch (family) {
      case OPENAI -> "OpenAI";
      case ANTHROPIC -> "Anthropic";
      case GOOGLE -> "Gemini";
      case OLLAMA -> "Ollama";
    };
  }

  private static String setting(UpstreamConfig upstream, String url) {
    return switch (upstream.family()) {
      case OPENAI -> "OPENAI_BASE_URL=" + url + "/v1";
      case ANTHROPIC -> "ANTHROPIC_BASE_URL=" + url;
      case GOOGLE -> "GOOGLE_GEMINI_BASE_URL=" + url;
      case OLLAMA -> "OLLAMA_HOST=" + url;
    };
  }

  /** Shows a new key; it is kept nowhere. */
  void key(String key, String hash) {
    if (json) {
      terminal.line(JsonLine.of("key").with("key", key).with("sha256", hash));
      return;
    }
    terminal.print("key     %s\nsha256  %s\n".formatted(key, hash));
  }

  /** Shows every error of a configuration. */
  void invalid(List<String> errors, boolean check) {
    if (json && check) {
      terminal.line(JsonLine.of("check").with("ok", false).with("errors", errors));
      return;
    }
    errors.forEach(error -> terminal.complain("holdfast serve", error));
  }

  /** Shows what goes where. */
  void checked(GatewayConfig config) {
    var rows = Routing.of(config);
    var journal = config.journal();
    var redis =
        journal != null && journal.place() instanceof JournalPlace.Redis there ? there : null;
    var shared = journal == null || redis == null ? null : journal.shared();
    if (json) {
      var line =
          JsonLine.of("check")
              .with("ok", true)
              .withAll("routes", rows.stream().map(Routing.Row::json).toList())
              .with("keys", config.keys().stream().map(KeyConfig::name).toList());
      terminal.line(
          shared == null
              ? line
              : line.with(
                  "shared",
                  JsonLine.of("policies")
                      .with("limits", word(shared.limits()))
                      .with("identical", word(shared.identical()))
                      .with("upstreams", word(shared.upstreams()))
                      .with("affinity", word(shared.affinity()))));
      return;
    }
    var text = new StringBuilder("The configuration can be used.\n\n");
    for (var row : rows) {
      text.append("  %-10s %-24s %s\n".formatted(row.client(), row.models(), row.upstreams()));
    }
    for (KeyConfig key : config.keys()) {
      text.append("  %-10s %-24s %s\n".formatted("key", key.name(), Routing.limits(key)));
    }
    if (shared != null) {
      String policies =
          "limits %s, identical %s, upstreams %s, affinity %s"
              .formatted(
                  word(shared.limits()),
                  word(shared.identical()),
                  word(shared.upstreams()),
                  word(shared.affinity()));
      text.append("  %-10s %-24s %s\n".formatted("shared", redis, policies));
    }
    terminal.print(text.toString());
  }

  private static String word(SharedConfig.Sharing sharing) {
    return sharing.name().toLowerCase(Locale.ROOT);
  }

  /** Shows what became of a reload. */
  void reloaded(Reloaded reloaded) {
    if (json) {
      terminal.line(JsonLine.escaped(reloaded.json().strip()));
      return;
    }
    reloaded.errors().forEach(error -> terminal.complain("holdfast serve", error));
    terminal.note(
        "holdfast serve: configuration %d %s"
            .formatted(
                reloaded.generation(),
                reloaded.errors().isEmpty() ? "is in force" : "stays in force"));
  }

  void request(String line) {
    terminal.line(json ? JsonLine.escaped(line) : row(line));
  }

  private static String row(String line) {
    Json.Obj entry;
    try {
      entry = Json.parse(line) instanceof Json.Obj object ? object : new Json.Obj(Map.of());
    } catch (Json.MalformedException e) {
      return "a line of the log is not JSON";
    }
    String cause = entry.text("cause");
    String upstream = entry.text("upstream");
    return "%-12s %3d  %-4s %s%s%s  %d ms"
        .formatted(
            entry.text("outcome"),
            entry.number("status", 0),
            entry.text("method"),
            entry.text("path"),
            upstream.isEmpty() ? "" : "  " + upstream,
            cause.isEmpty() ? "" : "  " + cause,
            entry.number("took_ms", 0));
  }

  /** Shows that a signal came; {@code accepting} is how long requests are still taken. */
  void draining(int open, Duration accepting) {
    String taken =
        accepting.isZero()
            ? "takes no more requests"
            : "is not ready, takes requests for " + accepting.toSeconds() + " s more";
    terminal.note(
        "holdfast serve: "
            + taken
            + ", waits for "
            + open
            + " that are open; a second signal ends it at once");
  }

  void readerGone() {
    readerGone = true;
  }

  boolean isReaderGone() {
    return readerGone;
  }
}
