package dev.holdfast.core.provider.anthropic;

import dev.holdfast.core.dialect.ChatDialect;
import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.Partial;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.SseDecoder;
import dev.holdfast.core.provider.shared.MessageFormat;
import dev.holdfast.core.provider.shared.NonStreamingDialect;
import dev.holdfast.core.provider.shared.Requests;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Rung;

/** Anthropic's Messages API, and its imitations. */
public final class AnthropicMessages implements ChatDialect {
  @Override
  public String id() {
    return "anthropic-messages";
  }

  @Override
  public String keyHeader() {
    return "x-api-key";
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
  public Dialect whole() {
    return NonStreamingDialect.ofMessages(this);
  }
}
