package dev.holdfast.gateway;

import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.UnaryOperator;

/** A gateway in front of a fault server. */
final class Rig implements AutoCloseable {
  static final String TEXT =
      "The keeper of the lighthouse wrote one line every evening, and never two of them alike. "
          + "He noted the wind, the height of the swell, and which of the ships had greeted him.";

  final FaultServer upstream;
  final Gateway gateway;
  final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();

  Rig(Protocol protocol, Script script) {
    this(protocol, script, config -> config);
  }

  Rig(Protocol protocol, Script script, UnaryOperator<GatewayConfig> change) {
    this(
        FaultServer.builder().answer(Answer.ofText(TEXT)).script(script).start(), protocol, change);
  }

  Rig(FaultServer upstream, Protocol protocol, UnaryOperator<GatewayConfig> change) {
    Leaks.watch();
    this.upstream = upstream;
    var config =
        change.apply(
            GatewayConfig.DEFAULT
                .withUpstreams(
                    List.of(
                        UpstreamConfig.parse(
                            configured(protocol) + "=" + upstream.baseUrl(protocol))))
                .withDrain(Duration.ZERO));
    gateway = Gateway.builder(config).accessLog(log::add).start();
  }

  /** {@return the protocol by which an upstream of it is configured} */
  static String configured(Protocol protocol) {
    return protocol == Protocol.GEMINI_JSON_ARRAY ? "gemini-sse" : protocol.id();
  }

  static String path(Protocol protocol) {
    String path = protocol.path().replace("{model}", "gemini-2.5-flash");
    return (protocol.root().isEmpty() ? "/" : "/" + protocol.root() + "/") + path;
  }

  /** A model by whose name a continuation is possible. */
  static String body(Protocol protocol) {
    return switch (protocol) {
      case OPENAI_CHAT ->
          """
          {"model":"gpt-4.1-mini","stream":true,"stream_options":{"include_usage":true},\
          "messages":[{"role":"user","content":"What did he write?"}]}\
          """;
      case OPENAI_RESPONSES ->
          """
          {"model":"gpt-4.1-mini","stream":true,"input":"What did he write?"}\
          """;
      case ANTHROPIC_MESSAGES ->
          """
          {"model":"claude-haiku-4-5","max_tokens":4000,"stream":true,\
          "messages":[{"role":"user","content":"What did he write?"}]}\
          """;
      case GEMINI_SSE, GEMINI_JSON_ARRAY ->
          """
          {"contents":[{"role":"user","parts":[{"text":"What did he write?"}]}]}\
          """;
      case OLLAMA_CHAT ->
          """
          {"model":"llama3.2","messages":[{"role":"user","content":"What did he write?"}]}\
          """;
    };
  }

  RawClient.Response ask(Protocol protocol, String... headers) throws IOException {
    return RawClient.post(gateway.port(), path(protocol), body(protocol), headers);
  }

  @Override
  public void close() {
    gateway.close();
    upstream.close();
  }
}
