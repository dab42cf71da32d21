package dev.holdfast.core.policy;

import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.stream.Rung;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What is known about continuing answers, by protocol, host and model. A first guess: an upstream
 * that answers a continuation with a 4xx is asked in the next way. Table: docs/dialects.md.
 */
public final class Capabilities {
  private static final Capability ASK =
      new Capability(List.of(Rung.ANCHOR, Rung.REPLAY), Prefill.PLAIN);

  private static final Capability NONE = new Capability(List.of(), Prefill.PLAIN);

  /** The first row that matches counts. Host and model are compared in lower case. */
  private static final List<Row> ROWS =
      List.of(
          // Claude from 4.6 on answers a trailing assistant message with 400; names are either
          // claude-<family>-<major>-<minor>-<date> or, up to 3.7, claude-<major>-<minor>-<family>.
          row("anthropic-messages", "", "claude-(instant|[123])([.@-].*)?", prefill(Prefill.PLAIN)),
          row("anthropic-messages", "", "claude-[a-z]+-[123]([.@:-].*)?", prefill(Prefill.PLAIN)),
          row(
              "anthropic-messages",
              "",
              "claude-[a-z]+-4([@:]|[.-][0-5]([.@:-]|$)|-\\d{8}|$).*",
              prefill(Prefill.PLAIN)),
          row("anthropic-messages", "", ".*", ASK),
          row("openai-chat", "(.*\\.)?deepseek\\.com", ".*", prefill(Prefill.PREFIX_TRUE)),
          row("openai-chat", "(.*\\.)?mistral\\.ai", ".*", prefill(Prefill.PREFIX_TRUE)),
          row("openai-chat", "(.*\\.)?moonshot\\.(cn|ai)", ".*", prefill(Prefill.PARTIAL_TRUE)),
          row(
              "openai-chat",
              "dashscope.*\\.aliyuncs\\.com",
              "qwen.*",
              prefill(Prefill.PARTIAL_TRUE)),
          row("openai-chat", "", ".*", ASK));

  private record Row(String dialect, Pattern host, Pattern model, Capability capability) {}

  private Capabilities() {}

  /**
   * {@return how {@code model} behind {@code host} may be made to continue}
   *
   * @param dialectId the protocol's id; an unknown one has no rung
   * @param host the host name without port; may be empty
   * @param model the model's name as in the request, routing prefixes such as {@code anthropic/}
   *     included; may be empty
   */
  public static Capability forModel(String dialectId, String host, String model) {
    String at = host.toLowerCase(Locale.ROOT);
    String full = model.toLowerCase(Locale.ROOT);
    String name = full.substring(full.lastIndexOf('/') + 1);
    int claude = name.indexOf("claude-");
    String bare = claude > 0 ? name.substring(claude) : name; // us.anthropic.claude-...
    for (var row : ROWS) {
      if (row.dialect.equals(dialectId)
          && (row.host.pattern().isEmpty() || row.host.matcher(at).matches())
          && row.model.matcher(bare).matches()) {
        return row.capability;
      }
    }
    return NONE;
  }

  private static Capability prefill(Prefill spelling) {
    return new Capability(List.of(Rung.PREFILL, Rung.ANCHOR, Rung.REPLAY), spelling);
  }

  private static Row row(String dialect, String host, String model, Capability capability) {
    return new Row(dialect, Pattern.compile(host), Pattern.compile(model), capability);
  }
}
