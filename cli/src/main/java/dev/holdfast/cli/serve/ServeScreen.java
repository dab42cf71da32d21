package dev.holdfast.cli.serve;

import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.core.json.Json;
import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.config.UpstreamConfig;
import java.util.Map;

/** Shows a gateway: how to reach it, then every request that ended. */
final class ServeScreen {
  private final Terminal terminal;
  private final boolean json;
  private volatile boolean readerGone;

  ServeScreen(Terminal terminal, boolean json) {
    this.terminal = terminal;
    this.json = json;
  }

  void open(Gateway gateway) {
    String url = gateway.uri().toString();
    if (json) {
      terminal.line(
          JsonLine.of("listening")
              .with("url", url)
              .with("management", gateway.management().toString()));
      return;
    }
    var style = terminal.style();
    var text = new StringBuilder();
    text.append("%s  %s\n\n".formatted(style.bold("holdfast serve"), url));
    for (UpstreamConfig upstream : gateway.upstreams()) {
      text.append("  %-10s %s\n".formatted(variable(upstream), setting(upstream, url)));
      text.append("  %-10s %s\n".formatted("", style.dim("asks " + upstream.base())));
    }
    text.append("\n  health, metrics, dashboard: %s\n\n".formatted(gateway.management()));
    terminal.print(text.toString());
  }

  private static String variable(UpstreamConfig upstream) {
    return switch (upstream.family()) {
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

  void draining(int open) {
    terminal.note(
        "holdfast serve: takes no more requests, waits for " + open + " that are open; again ends");
  }

  void readerGone() {
    readerGone = true;
  }

  boolean isReaderGone() {
    return readerGone;
  }
}
