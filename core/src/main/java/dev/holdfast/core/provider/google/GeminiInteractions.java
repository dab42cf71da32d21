package dev.holdfast.core.provider.google;

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
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.SseDecoder;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.shared.DocumentReader;
import dev.holdfast.core.provider.shared.MessageFormat;
import dev.holdfast.core.provider.shared.NonStreamingDialect;
import dev.holdfast.core.provider.shared.Requests;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Rung;
import java.util.List;

/** Google's Interactions API, both generations of its events. */
public final class GeminiInteractions implements ResumableDialect {
  private static final String CONFIG = "generation_config";

  @Override
  public String id() {
    return "gemini-interactions";
  }

  @Override
  public String version() {
    return "v1beta";
  }

  @Override
  public String keyHeader() {
    return "x-goog-api-key";
  }

  @Override
  public FrameDecoder newDecoder(FrameLimits limits) {
    return new SseDecoder(limits);
  }

  @Override
  public DialectReader newReader(CompletionPolicy completion) {
    return new GeminiInteractionsReader(completion);
  }

  @Override
  public List<String> efforts() {
    return List.of("minimal", "low", "medium", "high");
  }

  @Override
  public ProviderRequest call(String body) {
    return revised(ProviderRequest.post("interactions", body, this));
  }

  /** The revision whose events are {@code step.*}. */
  private static ProviderRequest revised(ProviderRequest call) {
    return call.withHeader("Api-Revision", "2026-05-20");
  }

  @Override
  public String body(ChatRequest request) {
    return InteractionsBody.of(request).write();
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
    var given = json.object(CONFIG);
    var config = given == null ? DocumentReader.NOTHING : given;
    boolean stored = !(json.get("store") instanceof Json.Bool(boolean store)) || store;
    return new RequestFacts(
        json.text("model").isEmpty() ? json.text("agent") : json.text("model"),
        1,
        json.has("tools"),
        Requests.isSet(json, "response_format") || Requests.isSet(json, "response_mime_type"),
        Requests.isZero(config, "temperature") || Requests.isSet(config, "seed"),
        Requests.limit(config, "max_output_tokens"),
        stored,
        MessageFormat.STEPS.begun(json));
  }

  @Override
  public String continuation(String body, Partial partial, Rung rung, Prefill prefill) {
    if (rung == Rung.REPLAY || partial.text().isEmpty()) {
      return body; // Nothing was delivered that could be gone on with.
    }
    var continued =
        Requests.continued(Requests.parse(body), MessageFormat.STEPS, partial, rung, prefill);
    return Requests.lowered(continued, CONFIG, "max_output_tokens", partial.producedTokens())
        .write();
  }

  @Override
  public Dialect whole() {
    return NonStreamingDialect.ofInteraction(this);
  }

  @Override
  public ProviderRequest resume(Cursor cursor) {
    String from =
        cursor.position().isEmpty()
            ? ""
            : "&last_event_id=" + ProviderRequest.escaped(cursor.position());
    return revised(
        ProviderRequest.get(
            "interactions/" + ProviderRequest.escaped(cursor.generation()) + "?stream=true" + from,
            this));
  }

  /** Source: the reference of the Interactions API, {@code interactions.cancel}. */
  @Override
  public ProviderRequest stop(String generation, KeptAddress address) {
    return revised(
        ProviderRequest.post(
            "interactions/" + ProviderRequest.escaped(generation) + "/cancel", "", whole()));
  }

  @Override
  public ProviderRequest poll(Cursor cursor) {
    return revised(
        ProviderRequest.get(
            "interactions/" + ProviderRequest.escaped(cursor.generation()), whole()));
  }
}
