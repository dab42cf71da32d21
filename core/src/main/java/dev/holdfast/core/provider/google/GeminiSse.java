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
import dev.holdfast.core.frame.SseDecoder;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.shared.DocumentReader;
import dev.holdfast.core.provider.shared.MessageFormat;
import dev.holdfast.core.provider.shared.NonStreamingDialect;
import dev.holdfast.core.provider.shared.Requests;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Check;
import dev.holdfast.core.stream.Rung;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Google's {@code streamGenerateContent?alt=sse}, of AI Studio and of Vertex. The path contains the
 * model; a request body of ours has it as a member until it is sent.
 */
public final class GeminiSse implements ChatDialect {
  private static final String CONFIG = "generationConfig";

  /** The protocol takes both spellings of every name. */
  private static final List<String> CONFIGS = List.of(CONFIG, "generation_config");

  private static final String[] LIMITS = {"maxOutputTokens", "max_output_tokens"};

  @Override
  public String id() {
    return "gemini-sse";
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
    return GeminiReader.ofEvents(completion);
  }

  @Override
  public List<String> efforts() {
    return List.of("minimal", "low", "medium", "high");
  }

  @Override
  public ProviderRequest call(String body) {
    var json = Requests.parse(body);
    String model = json.text("model");
    Check.that(!model.isBlank(), "model", "must be a member of the body", "absent");
    var members = new LinkedHashMap<>(json.members());
    members.remove("model");
    // The name of a tuned or a publisher's model includes its collection.
    String path = model.contains("/") ? "" : "models/";
    for (var segment : model.split("/", -1)) {
      path += (path.isEmpty() || path.endsWith("/") ? "" : "/") + ProviderRequest.escaped(segment);
    }
    return ProviderRequest.post(
        path + ":streamGenerateContent?alt=sse", new Json.Obj(members).write(), this);
  }

  @Override
  public String body(ChatRequest request) {
    return GeminiBody.of(request).write();
  }

  /** The path makes it a stream; the body has no member for it. */
  @Override
  public String withModel(String body, String model) {
    return Requests.withModel(body, model);
  }

  @Override
  public String streaming(String body) {
    return Requests.parse(body).write();
  }

  @Override
  public RequestFacts facts(String body) {
    var json = Requests.parse(body);
    var config = config(json);
    String type = config.text("responseMimeType");
    return new RequestFacts(
        json.text("model"),
        Math.clamp(config.number("candidateCount", 1), 1, Integer.MAX_VALUE),
        json.has("tools"),
        (!type.isEmpty() && !type.equals("text/plain"))
            || Requests.isSet(config, "responseSchema")
            || Requests.isSet(config, "responseJsonSchema"),
        Requests.isZero(config, "temperature") || Requests.isSet(config, "seed"),
        Requests.limit(config, LIMITS),
        false,
        MessageFormat.CONTENTS.begun(json));
  }

  private static Json.Obj config(Json.Obj body) {
    for (var name : CONFIGS) {
      Json.@Nullable Obj config = body.object(name);
      if (config != null) {
        return config;
      }
    }
    return DocumentReader.NOTHING;
  }

  @Override
  public String continuation(String body, Partial partial, Rung rung, Prefill prefill) {
    if (rung == Rung.REPLAY || partial.text().isEmpty()) {
      return body; // Nothing was delivered that could be gone on with.
    }
    var continued =
        Requests.continued(Requests.parse(body), MessageFormat.CONTENTS, partial, rung, prefill);
    for (var config : CONFIGS) {
      for (var name : LIMITS) {
        continued = Requests.lowered(continued, config, name, partial.producedTokens());
      }
    }
    return continued.write();
  }

  @Override
  public Dialect whole() {
    return NonStreamingDialect.ofChunks(this);
  }
}
