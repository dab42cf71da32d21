package dev.holdfast.core.provider.ollama;

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
import dev.holdfast.core.frame.LineDecoder;
import dev.holdfast.core.provider.shared.DocumentReader;
import dev.holdfast.core.provider.shared.MessageFormat;
import dev.holdfast.core.provider.shared.NonStreamingDialect;
import dev.holdfast.core.provider.shared.Requests;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Rung;
import java.util.List;

/** Ollama's {@code /api/chat}. */
public final class OllamaChat implements ChatDialect {
  private static final String OPTIONS = "options";

  @Override
  public String id() {
    return "ollama-chat";
  }

  @Override
  public FrameDecoder newDecoder(FrameLimits limits) {
    return new LineDecoder(limits);
  }

  @Override
  public DialectReader newReader(CompletionPolicy completion) {
    return new OllamaReader(completion);
  }

  @Override
  public List<String> efforts() {
    return List.of("none", "low", "medium", "high");
  }

  @Override
  public ProviderRequest call(String body) {
    return ProviderRequest.post("/api/chat", body, this);
  }

  @Override
  public String body(ChatRequest request) {
    return OllamaBody.of(request).write();
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
    var given = json.object(OPTIONS);
    var options = given == null ? DocumentReader.NOTHING : given;
    return new RequestFacts(
        json.text("model"),
        1,
        json.has("tools"),
        json.has("format"),
        Requests.isZero(options, "temperature") || Requests.isSet(options, "seed"),
        Requests.limit(options, "num_predict"),
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
    return Requests.lowered(continued, OPTIONS, "num_predict", partial.producedTokens()).write();
  }

  /** A line with {@code done: true} is a whole answer already. */
  @Override
  public Dialect whole() {
    return NonStreamingDialect.ofChunks(this);
  }
}
