package dev.holdfast.core.engine;

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
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Rung;

/** Any protocol that can be read, asked with the text that was already delivered. */
record Speaking(String id) implements ChatDialect {
  @Override
  public FrameDecoder newDecoder(FrameLimits limits) {
    return Dialects.byId(id).newDecoder(limits);
  }

  @Override
  public DialectReader newReader(CompletionPolicy completion) {
    return Dialects.byId(id).newReader(completion);
  }

  @Override
  public ProviderRequest call(String body) {
    return ProviderRequest.post("chat", body, this);
  }

  @Override
  public Dialect whole() {
    return Dialects.byId(id);
  }

  @Override
  public String body(ChatRequest request) {
    return "";
  }

  @Override
  public String withModel(String body, String model) {
    return body;
  }

  @Override
  public String streaming(String body) {
    return body;
  }

  @Override
  public RequestFacts facts(String body) {
    return new RequestFacts("m", 1, true, false, false, -1);
  }

  @Override
  public String continuation(String body, Partial partial, Rung rung, Prefill prefill) {
    return partial.text();
  }
}
