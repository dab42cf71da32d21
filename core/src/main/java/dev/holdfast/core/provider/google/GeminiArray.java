package dev.holdfast.core.provider.google;

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
import dev.holdfast.core.frame.JsonArrayDecoder;
import dev.holdfast.core.provider.shared.NonStreamingDialect;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Rung;

/**
 * Google's {@code streamGenerateContent} without {@code alt=sse}: one array whose elements come
 * over time. Its requests are those of {@link GeminiSse}.
 */
public final class GeminiArray implements ChatDialect {
  private final GeminiSse events = new GeminiSse();

  @Override
  public String id() {
    return "gemini-json-array";
  }

  @Override
  public String version() {
    return events.version();
  }

  @Override
  public String keyHeader() {
    return events.keyHeader();
  }

  @Override
  public FrameDecoder newDecoder(FrameLimits limits) {
    return new JsonArrayDecoder(limits);
  }

  @Override
  public DialectReader newReader(CompletionPolicy completion) {
    return GeminiReader.ofArray(completion);
  }

  @Override
  public ProviderRequest call(String body) {
    var call = events.call(body);
    String path = call.path();
    return ProviderRequest.post(path.substring(0, path.indexOf('?')), call.body(), this);
  }

  @Override
  public String body(ChatRequest request) {
    return events.body(request);
  }

  @Override
  public String withModel(String body, String model) {
    return events.withModel(body, model);
  }

  @Override
  public String streaming(String body) {
    return events.streaming(body);
  }

  @Override
  public RequestFacts facts(String body) {
    return events.facts(body);
  }

  @Override
  public String continuation(String body, Partial partial, Rung rung, Prefill prefill) {
    return events.continuation(body, partial, rung, prefill);
  }

  @Override
  public Dialect whole() {
    return NonStreamingDialect.ofChunks(this);
  }
}
