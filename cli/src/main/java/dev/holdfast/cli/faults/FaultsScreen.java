package dev.holdfast.cli.faults;

import dev.holdfast.cli.stream.EventLines;
import dev.holdfast.cli.terminal.Glyphs;
import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.Phrases;
import dev.holdfast.cli.terminal.SafeText;
import dev.holdfast.cli.terminal.Style;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.core.guard.SafeUrl;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.server.FaultServer;
import dev.holdfast.testkit.server.ReceivedRequest;
import java.util.List;
import java.util.Locale;

/** Shows a fault server: how to reach it, then every request it served. */
final class FaultsScreen {
  private final Terminal terminal;
  private final boolean json;
  private final Style style;
  private final Glyphs glyphs;

  FaultsScreen(Terminal terminal, boolean json) {
    this.terminal = terminal;
    this.json = json;
    style = terminal.style();
    glyphs = terminal.glyphs();
  }

  void open(FaultServer server, long seed) {
    if (json) {
      var urls = new JsonLine();
      for (Protocol protocol : Protocol.values()) {
        urls.with(protocol.id(), server.baseUrl(protocol).toString());
      }
      terminal.line(
          JsonLine.of("listening")
              .with("port", server.port())
              .with("seed", seed)
              .with("urls", urls));
      return;
    }
    terminal.print(guide(server, seed));
  }

  void show(ReceivedRequest request) {
    terminal.line(json ? line(request) : row(request));
  }

  private String guide(FaultServer server, long seed) {
    String url = server.origin().toString();
    String about = style.dim("seed " + seed + " " + glyphs.dot() + " Ctrl-C ends it");
    return """
      %s  %s

      %s %s/v1      %s
               %s/v1beta  %s
               %s         %s

      %s
        curl -N %s/v1/chat/completions \\
          -H 'Content-Type: application/json' -d \\
          '{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}'

      %s
        -H 'X-Holdfast-Fault: cut-rst@token=20'
        -H 'X-Holdfast-Continuation: overlap:12'
      %s
        {"attempts": ["cut-fin@token=20", "malformed-json@token=9"]}

      %s

    """
        .formatted(
            style.bold("holdfast faults"),
            about,
            style.dim("base URL"),
            url,
            style.dim("OpenAI (Chat, Responses)"),
            url,
            style.dim("Gemini"),
            url,
            style.dim("Anthropic, Ollama"),
            style.dim("ask it"),
            url,
            style.dim("choose the fault of one request, and how the model continues, with"),
            style.dim("or of each attempt of a stream, in a file given as --scenario"),
            style.dim(
                "%d faults, %d ways to continue: docs/faults.md describes each of them"
                    .formatted(Fault.examples().size(), Continuation.all().size())));
  }

  private String row(ReceivedRequest request) {
    String facts =
        String.format(
            Locale.ROOT,
            "%4d  %-17s attempt %-2d  %3d  %9s B  %-13s  %s",
            request.number(),
            path(SafeUrl.target(request.path())),
            request.attempt(),
            request.status(),
            Phrases.number(request.bodyBytes()),
            EventLines.id(request.ending()),
            faults(request));
    String shown = SafeText.line(facts);
    return request.cause() == null ? shown : style.red(shown);
  }

  private JsonLine line(ReceivedRequest request) {
    Cause cause = request.cause();
    return JsonLine.of("request")
        .with("number", request.number())
        .with("path", SafeUrl.target(request.path()))
        .with("stream", terminal.redactor().text(request.stream()))
        .with("attempt", request.attempt())
        .with("received", request.body().length())
        .with("status", request.status())
        .with("struck", specs(request))
        .with("cause", cause == null ? null : cause.id())
        .with("bytes", request.bodyBytes())
        .with("ending", EventLines.id(request.ending()))
        .with("millis", (request.endedAtNanos() - request.arrivedAtNanos()) / 1_000_000);
  }

  private static String path(String path) {
    return path.startsWith("/v1/") ? path.substring("/v1/".length()) : path;
  }

  private static String faults(ReceivedRequest request) {
    return request.struck().isEmpty() ? "no fault" : String.join("; ", specs(request));
  }

  /** {@return the faults that struck a request, as specs} */
  static List<String> specs(ReceivedRequest request) {
    return request.struck().stream().map(Fault::spec).toList();
  }
}
