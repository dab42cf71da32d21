package dev.holdfast.cli.demo;

import dev.holdfast.cli.cluster.ClusterDemo;
import dev.holdfast.cli.stream.Meter;
import dev.holdfast.cli.stream.ProtocolIds;
import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.Version;
import dev.holdfast.client.CompletionStream;
import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Outcome;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.scenario.Scenario;
import dev.holdfast.testkit.server.FaultServer;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** An answer that is broken on purpose, and arrives whole. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Shows an answer survive being cut, on a server of its own.",
    description =
        "Starts a server that breaks its own answer, twice by a cut and once by damage,"
            + " and shows how the answer arrives whole all the same. With --web you break it"
            + " yourself, on a page in your browser. With --cluster a gateway is killed in"
            + " mid-sentence, and another one continues. With --engine it asks your own server, and"
            + " cuts the connection to it in mid-answer.",
    footer = {
      "",
      "Exit code 0: the text equals the uninterrupted answer; with --rung refuse, the"
          + " end is reported as one; with --cluster, another gateway has written its end. 1:"
          + " otherwise."
    })
public final class DemoCommand implements Callable<Integer> {
  /** About forty pieces a second, a fast model's pace. */
  private static final Duration PACE = Duration.ofMillis(24);

  private static final Duration NO_PACE = Duration.ofNanos(1);

  private final Terminal terminal;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "where the answer breaks (default: 1)")
  private long seed;

  @Option(
      names = "--protocol",
      paramLabel = "P",
      completionCandidates = ProtocolIds.class,
      defaultValue = "openai-chat",
      description = "openai-chat or anthropic-messages (default: openai-chat)")
  private String protocolId = "";

  @Option(
      names = "--rung",
      paramLabel = "R",
      completionCandidates = RungDemo.Names.class,
      description =
          "how the answer continues: cursor, token-ids, continue, prefill, anchor, replay or"
              + " refuse, each in a protocol that has it; all plays them one after another")
  private @Nullable String rung;

  @Option(
      names = "--gateway",
      description =
          "asks through the gateway, as an ordinary client does that knows nothing of Holdfast")
  private boolean gateway;

  @Option(
      names = "--cluster",
      description =
          "starts three gateways on a Redis of its own, and kills the one that has the answer;"
              + " needs redis-server or valkey-server")
  private boolean cluster;

  @Option(
      names = "--web",
      description =
          "serves a playground until Ctrl-C: a page with a chat, and buttons that cut its"
              + " connections and kill the gateway")
  private boolean web;

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "with --web: where the page is (default: any free port, which is printed)")
  private @Nullable Integer port;

  @Option(
      names = "--engine",
      paramLabel = "URL",
      description =
          "asks this server instead, for example http://127.0.0.1:8080, through a proxy that cuts"
              + " its answer once")
  private @Nullable String engine;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "with --engine: the model (default: the first that the server lists)")
  private @Nullable String model;

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description = "with --engine: what to ask (default: a question with a long answer)")
  private @Nullable String prompt;

  @Option(
      names = "--key-env",
      paramLabel = "VAR",
      description = "with --engine: the environment variable that holds the server's key")
  private @Nullable String keyVariable;

  @Option(
      names = "--allow-remote",
      description = "with --engine: the server may be on another machine, and may cost money")
  private boolean allowRemote;

  @Option(names = "--json", description = "one JSON line per event, then one with the outcome")
  private boolean json;

  public DemoCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (cluster) {
      return askCluster();
    }
    if (web) {
      return new WebDemo(terminal, json).run(webPort());
    }
    if (port != null) {
      throw BadInputException.of("--port", "must be given with --web", port);
    }
    if (engine != null) {
      if (gateway) {
        throw BadInputException.of("--gateway", "must not be given with --engine", engine);
      }
      return askEngine(engine);
    }
    checkEngineOptions();
    boolean paced = terminal.environment("HOLDFAST_UNPACED").isEmpty();
    Duration pace = paced ? PACE : NO_PACE;
    if (gateway) {
      if (rung != null || protocol() != Protocol.OPENAI_CHAT) {
        throw new BadInputException(
            "--gateway: must come without --rung and --protocol, was with one");
      }
      return new GatewayDemo(terminal, json).run(Scenario.demo(seed, pace));
    }
    if (rung == null) {
      Protocol protocol = protocol();
      return play(protocol, Scenario.demo(seed, pace), null, request(protocol), false);
    }
    int worst = Exit.OK;
    for (RungDemo demo : RungDemo.of(rung)) {
      if (!json) {
        terminal.line("");
        terminal.line("  " + terminal.style().bold("rung " + demo.id()) + "  " + demo.how());
      }
      int exit =
          play(
              demo.protocol(),
              demo.scenario(seed, pace),
              demo.capability(),
              demo.request(),
              demo.rung() == Rung.REFUSE);
      worst = Math.max(worst, exit);
    }
    return worst;
  }

  private int askCluster() throws InterruptedException {
    boolean other = engine != null || gateway || web || rung != null || port != null;
    if (other || !protocolId.equals(Protocol.OPENAI_CHAT.id())) {
      throw new BadInputException(
          "--cluster: must come with --seed and --json only, was with another option");
    }
    checkEngineOptions();
    return new ClusterDemo(terminal, json, seed).run();
  }

  private int webPort() {
    if (engine != null || gateway || rung != null) {
      throw new BadInputException(
          "--web: must come without --engine, --gateway and --rung, was with one");
    }
    checkEngineOptions();
    if (port != null && (port < 0 || port > 65_535)) {
      throw BadInputException.of("--port", "must be 0 to 65535", port);
    }
    return port == null ? 0 : port;
  }

  private int askEngine(String url) throws InterruptedException {
    if (rung != null) {
      throw BadInputException.of("--rung", "must not be given with --engine", rung);
    }
    if (!Dialects.chatIds().contains(protocolId)) {
      throw BadInputException.of(
          "--protocol", "must be one of " + String.join(", ", Dialects.chatIds()), protocolId);
    }
    var target =
        EngineTarget.of(terminal, protocolId, url, keyVariable, allowRemote).withModel(model);
    return new EngineDemo(terminal, target, seed, json)
        .run(prompt == null ? EngineDemo.PROMPT : prompt);
  }

  private void checkEngineOptions() {
    String given =
        model != null
            ? "--model"
            : prompt != null
                ? "--prompt"
                : keyVariable != null ? "--key-env" : allowRemote ? "--allow-remote" : "";
    if (!given.isEmpty()) {
      throw new BadInputException(given + ": must be given with --engine, was given without it");
    }
  }

  /** Plays one broken answer; {@code refused}: only an honest end is expected. */
  private int play(
      Protocol protocol,
      Scenario scenario,
      @Nullable Capability capability,
      ChatRequest request,
      boolean refused)
      throws InterruptedException {
    DemoView view = json ? new DemoLines(terminal) : new DemoScreen(terminal);
    try (var server = FaultServer.builder().scenario(scenario).start();
        var holdfast =
            Holdfast.builder().upstream(upstream(protocol, server, capability)).build()) {
      view.open(seed, protocol, server.baseUrl(protocol).toString());
      try (var stream = holdfast.stream(request)) {
        String expected = scenario.answer().text();
        boolean right =
            Terminal.abortable(stream::abort, () -> watch(stream, view, server, expected, refused));
        return right ? Exit.OK : Exit.INCOMPLETE;
      }
    }
  }

  private Protocol protocol() {
    try {
      Protocol protocol = Protocol.of(protocolId);
      Dialects.chat(protocol.id());
      return protocol;
    } catch (IllegalArgumentException e) {
      throw new BadInputException("--" + e.getMessage());
    }
  }

  private static Upstream upstream(
      Protocol protocol, FaultServer server, @Nullable Capability capability) {
    var upstream = Upstream.of(protocol.id(), server.baseUrl(protocol).toString(), null);
    return capability == null ? upstream : upstream.withCapability(capability);
  }

  /** The model's name decides by which rung the client continues. */
  private static ChatRequest request(Protocol protocol) {
    String model =
        switch (protocol) {
          case OPENAI_CHAT, OPENAI_RESPONSES -> "gpt-4.1-mini";
          case ANTHROPIC_MESSAGES -> "claude-haiku-4-5";
          case GEMINI_SSE, GEMINI_JSON_ARRAY -> "gemini-2.5-flash";
          case OLLAMA_CHAT -> "llama3.2";
        };
    return ChatRequest.to(model).user("What becomes of a stream that is cut?").build();
  }

  private static boolean watch(
      CompletionStream stream,
      DemoView view,
      FaultServer server,
      String expected,
      boolean refused) {
    var meter = new Meter(System::nanoTime);
    for (StreamEvent event : stream) {
      meter.saw(event);
      view.show(event);
    }
    Outcome outcome = stream.outcome();
    // What it does to a request, the server decides before it answers: all of it is on record.
    var result = new DemoResult(outcome, outcome.text(), expected, server.received(), meter);
    view.close(result);
    return refused ? result.isHonest() : result.isWhole();
  }
}
