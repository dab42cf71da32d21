package dev.holdfast.cli.chat;

import dev.holdfast.cli.stream.EventLines;
import dev.holdfast.cli.stream.Meter;
import dev.holdfast.cli.stream.OutcomeLines;
import dev.holdfast.cli.stream.ProfileOption;
import dev.holdfast.cli.stream.ProtocolIds;
import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.cli.terminal.BoundedInput;
import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.Version;
import dev.holdfast.client.CompletionStream;
import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Outcome;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.guard.SafeUrl;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.StreamEvent;
import java.net.URI;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** One completion from any compatible endpoint. */
@Command(
    name = "chat",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Asks a provider and streams the answer to stdout; the summary goes to stderr.",
    footer = {
      "",
      "The key is taken from OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY or"
          + " OLLAMA_API_KEY, by protocol; only the default addresses need one. Of an answer"
          + " that is not complete, what arrived is printed."
    })
public final class ChatCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--base-url",
      paramLabel = "U",
      description =
          "where the API is, without /chat/completions or /messages; /v1 is added where it"
              + " names no version (default: the provider's own)")
  private @Nullable String baseUrl;

  @Option(
      names = "--model",
      paramLabel = "M",
      description = "the model (default: gpt-4.1-mini or claude-haiku-4-5)")
  private @Nullable String model;

  @Option(
      names = "--protocol",
      paramLabel = "P",
      completionCandidates = ProtocolIds.class,
      defaultValue = "openai-chat",
      description =
          "openai-chat, anthropic-messages, openai-responses, gemini-sse,"
              + " gemini-interactions, ollama-chat or llama-completion (default: openai-chat)")
  private String protocol = "";

  @Option(
      names = "--profile",
      paramLabel = "NAME",
      description =
          "how the server can continue, a row of the table in docs/dialects.md, for example"
              + " llama.cpp or vllm (default: by host, or as the server names itself)")
  private @Nullable String profile;

  @Option(
      names = "--require",
      paramLabel = "exact",
      description = "exact: end rather than join the texts of two generations")
  private @Nullable String require;

  @Option(names = "--json", description = "one JSON line per event, then one with the outcome")
  private boolean json;

  @Parameters(paramLabel = "PROMPT", description = "what to ask; - reads it from stdin")
  private String prompt = "";

  public ChatCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  @SuppressWarnings("try") // The process may end before the block does.
  public Integer call() throws InterruptedException {
    var provider = Provider.of(protocol);
    String asked = readPrompt();
    // A provider's error may repeat the question, or a part of it.
    var redactor = terminal.redactor().withTexts(List.of(asked));
    var request = ChatRequest.to(model == null ? provider.model() : model).user(asked).build();
    var meter = new Meter(System::nanoTime);
    try (var holdfast = Holdfast.builder().upstream(upstream(provider)).policy(policy()).build();
        var stream = holdfast.stream(request)) {
      Outcome outcome =
          Terminal.abortable(
              () -> {
                stream.abort();
                holdfast
                    .close(); // A provider that writes on is asked to stop before the process ends.
              },
              () -> json ? printJson(stream, meter, redactor) : printText(stream, meter, redactor));
      return outcome.isComplete() ? Exit.OK : Exit.INCOMPLETE;
    }
  }

  private String readPrompt() {
    String text = prompt.equals("-") ? BoundedInput.stdin(terminal, "PROMPT") : prompt;
    if (text.isBlank()) {
      throw BadInputException.of("PROMPT", "must not be blank", "'" + text.strip() + "'");
    }
    return text;
  }

  private StreamPolicy policy() {
    var clocks =
        profile == null
            ? StreamPolicy.DEFAULT
            : ProfileOption.of(profile, protocol).applyTo(StreamPolicy.DEFAULT);
    if (require == null) {
      return clocks;
    }
    if (!require.equals("exact")) {
      throw BadInputException.of("--require", "must be exact", require);
    }
    return clocks.withRecovery(RecoveryPolicy.DEFAULT.withRequireExact(true));
  }

  private Upstream upstream(Provider provider) {
    String key = terminal.environment(provider.keyVariable()).strip();
    if (baseUrl == null) {
      if (key.isEmpty() && provider.needsKey()) {
        throw BadInputException.of(
            provider.keyVariable(), "must hold the key for " + provider.baseUrl(), "not set");
      }
      return upstream(provider, provider.baseUrl(), key.isEmpty() ? null : key);
    }
    checkBaseUrl(baseUrl);
    return upstream(provider, baseUrl, key.isEmpty() ? null : key);
  }

  private Upstream upstream(Provider provider, String url, @Nullable String key) {
    var known = profile == null ? null : ProfileOption.of(profile, provider.protocol());
    try {
      var upstream = Upstream.of(provider.protocol(), url, key);
      return known == null ? upstream : upstream.withCapability(known.capability());
    } catch (IllegalArgumentException e) {
      throw new BadInputException(String.valueOf(e.getMessage()));
    }
  }

  /** Describes what is wrong with an address in the words of the option. */
  private static void checkBaseUrl(String url) {
    URI uri;
    try {
      uri = URI.create(url.strip());
    } catch (IllegalArgumentException e) {
      throw BadInputException.of(
          "--base-url", "must be an http or https address", SafeUrl.target(url));
    }
    boolean web = String.valueOf(uri.getScheme()).matches("(?i)https?");
    if (!web || uri.getHost() == null) {
      throw BadInputException.of(
          "--base-url", "must be an http or https address", SafeUrl.target(url));
    }
    for (String path : new String[] {"/chat/completions", "/messages", "/responses", "/api/chat"}) {
      if (String.valueOf(uri.getPath()).replaceAll("/+$", "").endsWith(path)) {
        throw BadInputException.of("--base-url", "must end before " + path, SafeUrl.target(url));
      }
    }
  }

  private Outcome printText(CompletionStream stream, Meter meter, Redactor redactor) {
    var screen = new ChatScreen(terminal, redactor);
    for (StreamEvent event : stream) {
      meter.saw(event);
      screen.show(event);
    }
    Outcome outcome = stream.outcome();
    screen.close(outcome, meter);
    return outcome;
  }

  private Outcome printJson(CompletionStream stream, Meter meter, Redactor redactor) {
    for (StreamEvent event : stream) {
      meter.saw(event);
      terminal.line(EventLines.of(event, redactor));
    }
    Outcome outcome = stream.outcome();
    terminal.line(OutcomeLines.json(outcome, meter));
    return outcome;
  }

  /**
   * The default upstream, where the command line names none.
   *
   * @param protocol the dialect's id
   * @param baseUrl the provider's own address
   * @param keyVariable the environment variable with its key
   * @param model a small, cheap model that can be continued
   */
  private record Provider(String protocol, String baseUrl, String keyVariable, String model) {
    /** A model on this machine needs no key. */
    private boolean needsKey() {
      return baseUrl.startsWith("https:");
    }

    private static Provider of(String protocol) {
      return switch (protocol) {
        case "openai-chat" ->
            new Provider(protocol, "https://api.openai.com/v1", "OPENAI_API_KEY", "gpt-4.1-mini");
        case "anthropic-messages" ->
            new Provider(
                protocol, "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY", "claude-haiku-4-5");
        case "openai-responses" ->
            new Provider(protocol, "https://api.openai.com/v1", "OPENAI_API_KEY", "gpt-4.1-mini");
        case "gemini-sse", "gemini-interactions" ->
            new Provider(
                protocol,
                "https://generativelanguage.googleapis.com/v1beta",
                "GEMINI_API_KEY",
                "gemini-2.5-flash");
        case "llama-completion" ->
            new Provider(protocol, "http://localhost:8080", "LLAMA_API_KEY", "default");
        case "ollama-chat" ->
            new Provider(protocol, "http://localhost:11434", "OLLAMA_API_KEY", "llama3.2");
        default ->
            throw BadInputException.of(
                "--protocol", "must be one of " + String.join(", ", Dialects.chatIds()), protocol);
      };
    }
  }
}
