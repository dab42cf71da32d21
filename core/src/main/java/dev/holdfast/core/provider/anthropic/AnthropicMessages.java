package dev.holdfast.core.provider.anthropic;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.CountingDialect;
import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.Partial;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.SseDecoder;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.shared.MessageFormat;
import dev.holdfast.core.provider.shared.NonStreamingDialect;
import dev.holdfast.core.provider.shared.Requests;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.TokenUsage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Anthropic's Messages API, and its imitations. */
public final class AnthropicMessages implements CountingDialect {
  /** What a request to count may have; Anthropic refuses other members. */
  private static final Set<String> COUNTED =
      Set.of("model", "messages", "system", "tools", "tool_choice", "thinking");

  private static final List<String> PROMPT =
      List.of("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens");

  @Override
  public String id() {
    return "anthropic-messages";
  }

  @Override
  public String keyHeader() {
    return "x-api-key";
  }

  @Override
  public List<String> efforts() {
    return List.of("none", "low", "medium", "high", "xhigh", "max");
  }

  @Override
  public ProviderRequest call(String body) {
    return ProviderRequest.post("messages", body, this)
        .withHeader("anthropic-version", "2023-06-01");
  }

  @Override
  public FrameDecoder newDecoder(FrameLimits limits) {
    return new SseDecoder(limits);
  }

  @Override
  public DialectReader newReader(CompletionPolicy completion) {
    return new AnthropicMessagesReader(completion);
  }

  @Override
  public String body(ChatRequest request) {
    return MessagesBody.of(request).write();
  }

  @Override
  public String withModel(String body, String model) {
    return Requests.withModel(body, model);
  }

  @Override
  public String streaming(String body) {
    return Requests.parse(body).with("stream", Requests.TRUE).write();
  }

  @Override
  public RequestFacts facts(String body) {
    var json = Requests.parse(body);
    var output = json.object("output_config");
    return new RequestFacts(
        json.text("model"),
        1,
        json.has("tools"),
        Requests.isSet(json, "output_format") || (output != null && output.has("format")),
        Requests.isZero(json, "temperature"),
        Requests.limit(json, "max_tokens", "n_predict"),
        false,
        MessageFormat.MESSAGES.begun(json));
  }

  @Override
  public String continuation(String body, Partial partial, Rung rung, Prefill prefill) {
    if (rung == Rung.REPLAY || partial.text().isEmpty()) {
      return body; // Nothing was delivered that could be gone on with.
    }
    var continued =
        Requests.continued(Requests.parse(body), MessageFormat.MESSAGES, partial, rung, prefill);
    var thinking = continued.object("thinking");
    // The limit must stay above the budget for thinking, else the request is refused.
    long floor = thinking == null ? 1 : Math.max(0, thinking.number("budget_tokens", 0)) + 1;
    int produced = partial.producedTokens();
    continued = Requests.lowered(continued, "n_predict", produced, 1); // llama.cpp's own name.
    return Requests.lowered(continued, "max_tokens", produced, floor).write();
  }

  @Override
  public ProviderRequest count(String body, Partial partial) {
    var continued =
        Requests.continued(
            Requests.parse(body), MessageFormat.MESSAGES, partial, Rung.PREFILL, Prefill.PLAIN);
    var members = new LinkedHashMap<String, Json>();
    continued
        .members()
        .forEach((name, value) -> {
          if (COUNTED.contains(name)) {
            members.put(name, value);
          }
        });
    return ProviderRequest.post("messages/count_tokens", new Json.Obj(members).write(), whole())
        .withHeader("anthropic-version", "2023-06-01");
  }

  @Override
  public long counted(String answer) {
    long tokens = Requests.parse(answer).number(PROMPT.getFirst(), -1);
    if (tokens < 0) {
      throw new IllegalArgumentException("input_tokens: must be a count, was another");
    }
    return tokens;
  }

  @Override
  public long prompt(TokenUsage usage) {
    var counts = usage.raw().isEmpty() ? new Json.Obj(Map.of()) : Requests.parse(usage.raw());
    return counts.has(PROMPT.getFirst())
        ? PROMPT.stream().mapToLong(name -> Math.max(0, counts.number(name, 0))).sum()
        : -1;
  }

  @Override
  public Dialect whole() {
    return NonStreamingDialect.ofMessages(this);
  }
}
