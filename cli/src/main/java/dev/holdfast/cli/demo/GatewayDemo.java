package dev.holdfast.cli.demo;

import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.core.json.Json;
import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.NettyDefaults;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.scenario.Scenario;
import dev.holdfast.testkit.server.FaultServer;
import dev.holdfast.testkit.server.ReceivedRequest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * An ordinary client, which knows nothing of Holdfast, asks through the gateway a server that
 * breaks its answer three times.
 */
final class GatewayDemo {
  private static final String BODY =
      """
      {"model":"gpt-4.1-mini","stream":true,"messages":[{"role":"user",\
      "content":"What becomes of a stream that is cut?"}]}\
      """;

  private final Terminal terminal;
  private final boolean json;

  GatewayDemo(Terminal terminal, boolean json) {
    this.terminal = terminal;
    this.json = json;
  }

  /** {@return the exit code: 0 if the client has the whole answer} */
  int run(Scenario scenario) throws InterruptedException {
    try (var server = FaultServer.builder().scenario(scenario).start();
        var gateway = gateway(server)) {
      String url = gateway.uri() + "/v1/chat/completions";
      if (json) {
        terminal.line(
            JsonLine.of("demo").with("url", url).with("upstream", server.baseUrl().toString()));
      } else {
        terminal.print(
            "\n  %s  a server that breaks its answer at %s\n  curl -N %s -d '{\"stream\":true, ...}'\n\n  "
                .formatted(terminal.style().bold("gateway demo"), server.baseUrl(), url));
      }
      var got = new StringBuilder();
      boolean done = Terminal.abortable(gateway::close, () -> ask(gateway, got));
      boolean same = done && got.toString().equals(scenario.answer().text());
      report(server.received(), got.toString(), scenario.answer().text(), same);
      return same ? Exit.OK : Exit.INCOMPLETE;
    }
  }

  private static Gateway gateway(FaultServer server) {
    NettyDefaults.use();
    return Gateway.start(
        GatewayConfig.DEFAULT
            .withUpstreams(
                List.of(
                    UpstreamConfig.parse(
                        Protocol.OPENAI_CHAT.id() + "=" + server.baseUrl(Protocol.OPENAI_CHAT))))
            .withDrain(Duration.ZERO));
  }

  /** As {@code curl -N} does: one socket, no retry, no notion of a cut. */
  private boolean ask(Gateway gateway, StringBuilder got) {
    boolean done = false;
    try (var socket = new Socket(gateway.uri().getHost(), gateway.port());
        var in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
      socket
          .getOutputStream()
          .write(
              ("POST /v1/chat/completions HTTP/1.0\r\nHost: localhost\r\nContent-Type:"
                      + " application/json\r\nContent-Length: "
                      + BODY.length()
                      + "\r\n\r\n"
                      + BODY)
                  .getBytes(StandardCharsets.UTF_8));
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        done |= line.equals("data: [DONE]");
        String text = text(line);
        got.append(text);
        if (!json && !text.isEmpty()) {
          terminal.print(text);
        }
      }
      return done;
    } catch (IOException e) {
      return false;
    }
  }

  private static String text(String line) {
    if (!line.startsWith("data: {")) {
      return "";
    }
    try {
      var chunk = Json.parse(line.substring(6)) instanceof Json.Obj object ? object : null;
      var choices = chunk == null ? null : chunk.array("choices");
      if (choices != null
          && !choices.items().isEmpty()
          && choices.items().getFirst() instanceof Json.Obj choice) {
        var delta = choice.object("delta");
        return delta == null ? "" : delta.text("content");
      }
    } catch (Json.MalformedException e) {
      // The demo counts it as text that is missing.
    }
    return "";
  }

  private void report(List<ReceivedRequest> received, String text, String expected, boolean same) {
    long broken = received.stream().filter(request -> request.cause() != null).count();
    if (json) {
      terminal.line(
          JsonLine.of("summary")
              .with("text", text)
              .with("expected", expected)
              .with("same", same)
              .with("attempts", received.size()));
      return;
    }
    terminal.print(
        "\n\n  The server was asked %d times; %d of its answers were cut or damaged.\n  %s\n\n"
            .formatted(
                received.size(),
                broken,
                same
                    ? "The client has the whole answer, as one stream."
                    : "The client does not have the whole answer."));
  }
}
