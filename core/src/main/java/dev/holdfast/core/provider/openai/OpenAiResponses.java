package dev.holdfast.core.provider.openai;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Cursor;
import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.KeptAddress;
import dev.holdfast.core.dialect.Partial;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.dialect.ResumableDialect;
import dev.holdfast.core.dialect.TokenCount;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.SseDecoder;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.shared.MessageFormat;
import dev.holdfast.core.provider.shared.NonStreamingDialect;
import dev.holdfast.core.provider.shared.Requests;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Rung;
import java.util.List;

/** OpenAI's Responses API, and its imitations. */
public final class OpenAiResponses implements ResumableDialect {
  /** Names of the output limit; those after the first are llama.cpp's. */
  private static final String[] LIMITS = {"max_output_tokens", "max_tokens", "n_predict"};

  @Override
  public String id() {
    return "openai-responses";
  }

  @Override
  public FrameDecoder newDecoder(FrameLimits limits) {
    return new SseDecoder(limits);
  }

  @Override
  public DialectReader newReader(CompletionPolicy completion) {
    return new OpenAiResponsesReader(completion);
  }

  @Override
  public List<String> efforts() {
    return List.of("none", "minimal", "low", "medium", "high", "xhigh");
  }

  @Override
  public ProviderRequest call(String body) {
    return ProviderRequest.post("responses", body, this);
  }

  @Override
  public String body(ChatRequest request) {
    return ResponsesBody.of(request).write();
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
  public String counting(String body, TokenCount count) {
    return count == TokenCount.TIMINGS ? Requests.counted(Requests.parse(body)).write() : body;
  }

  @Override
  public RequestFacts facts(String body) {
    var json = Requests.parse(body);
    var text = json.object("text");
    var format = text == null ? null : text.object("format");
    boolean stored = !(json.get("store") instanceof Json.Bool(boolean store)) || store;
    return new RequestFacts(
        json.text("model"),
        1,
        json.has("tools"),
        format != null && !format.text("type").equals("text"),
        Requests.isZero(json, "temperature"),
        Requests.limit(json, LIMITS),
        stored && json.has("background"),
        MessageFormat.INPUT.begun(json));
  }

  @Override
  public String continuation(String body, Partial partial, Rung rung, Prefill prefill) {
    if (rung == Rung.REPLAY || partial.text().isEmpty()) {
      return body; // Nothing was delivered that could be gone on with.
    }
    var continued =
        Requests.continued(Requests.parse(body), MessageFormat.INPUT, partial, rung, prefill);
    for (var name : LIMITS) {
      continued = Requests.lowered(continued, name, partial.producedTokens(), 1);
    }
    return continued.write();
  }

  @Override
  public Dialect whole() {
    return NonStreamingDialect.ofResponses(this);
  }

  @Override
  public ProviderRequest resume(Cursor cursor) {
    String from =
        cursor.position().isEmpty()
            ? ""
            : "&starting_after=" + ProviderRequest.escaped(cursor.position());
    return ProviderRequest.get(
        "responses/" + ProviderRequest.escaped(cursor.generation()) + "?stream=true" + from, this);
  }

  /** Idempotent. Source: platform.openai.com, background mode. */
  @Override
  public ProviderRequest stop(String generation, KeptAddress address) {
    return ProviderRequest.post(
        "responses/" + ProviderRequest.escaped(generation) + "/cancel", "", whole());
  }

  @Override
  public ProviderRequest poll(Cursor cursor) {
    return ProviderRequest.get(
        "responses/" + ProviderRequest.escaped(cursor.generation()), whole());
  }
}
