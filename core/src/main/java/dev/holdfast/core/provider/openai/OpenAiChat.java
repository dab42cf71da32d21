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
import dev.holdfast.core.dialect.TokenDialect;
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
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** OpenAI's Chat Completions, and its imitations. */
public final class OpenAiChat implements ResumableDialect, TokenDialect {
  /** Members by which servers constrain the output to a grammar. */
  private static final List<String> GUIDES =
      List.of(
          "guided_json",
          "guided_regex",
          "guided_choice",
          "guided_grammar",
          "structured_outputs",
          "json_schema",
          "regex",
          "ebnf",
          "grammar",
          "format");

  /** Names of the output limit; the last one is llama.cpp's own. */
  static final String[] LIMITS = {"max_completion_tokens", "max_tokens", "n_predict"};

  @Override
  public String id() {
    return "openai-chat";
  }

  @Override
  public List<String> efforts() {
    return List.of("none", "minimal", "low", "medium", "high", "xhigh");
  }

  @Override
  public ProviderRequest call(String body) {
    return ProviderRequest.post("chat/completions", body, this);
  }

  @Override
  public FrameDecoder newDecoder(FrameLimits limits) {
    return new SseDecoder(limits);
  }

  @Override
  public DialectReader newReader(CompletionPolicy completion) {
    return new OpenAiChatReader(completion);
  }

  @Override
  public String body(ChatRequest request) {
    return streaming(ChatBody.of(request)).write();
  }

  @Override
  public String withModel(String body, String model) {
    return Requests.withModel(body, model);
  }

  @Override
  public String streaming(String body) {
    return streaming(Requests.parse(body)).write();
  }

  private static Json.Obj streaming(Json.Obj body) {
    var on = body.with("stream", Requests.TRUE);
    return on.get("stream_options") == null
        ? on.with("stream_options", new Json.Obj(Map.of("include_usage", Requests.TRUE)))
        : on;
  }

  @Override
  public RequestFacts facts(String body) {
    var json = Requests.parse(body);
    var format = json.object("response_format");
    boolean shaped = (format != null && !format.text("type").equals("text")) || isGuided(json);
    return new RequestFacts(
        json.text("model"),
        Math.clamp(json.number("n", 1), 1, Integer.MAX_VALUE),
        json.has("tools") || json.has("functions"),
        shaped,
        Requests.isZero(json, "temperature") || Requests.isSet(json, "seed"),
        Requests.limit(json, LIMITS),
        false,
        MessageFormat.MESSAGES.begun(json));
  }

  private static boolean isGuided(Json.Obj json) {
    for (String name : GUIDES) {
      if (Requests.isSet(json, name)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public String continuation(String body, Partial partial, Rung rung, Prefill prefill) {
    if (rung == Rung.REPLAY || partial.text().isEmpty()) {
      return body; // Nothing was delivered that could be gone on with.
    }
    var continued =
        Requests.continued(Requests.parse(body), MessageFormat.MESSAGES, partial, rung, prefill);
    int produced = partial.producedTokens();
    for (var name : LIMITS) {
      continued = Requests.lowered(continued, name, produced, 1);
    }
    return continued.write();
  }

  @Override
  public String counting(String body, TokenCount count) {
    var json = Requests.parse(body);
    return switch (count) {
      case TIMINGS -> Requests.counted(json).write();
      case USAGE -> {
        var options = json.object("stream_options");
        yield options == null
                || !(options.get("include_usage") instanceof Json.Bool(boolean on))
                || !on
            ? body
            : json.with("stream_options", options.with("continuous_usage_stats", Requests.TRUE))
                .write();
      }
      case ESTIMATED, EVENTS -> body;
    };
  }

  @Override
  public Dialect whole() {
    return NonStreamingDialect.ofChat(this);
  }

  /** llama.cpp's: it keeps the bytes of a conversation that the request gave a name. */
  @Override
  public ProviderRequest resume(Cursor cursor) {
    return resume(cursor, KeptAddress.QUERY);
  }

  @Override
  public ProviderRequest resume(Cursor cursor, KeptAddress address) {
    String from = "from=" + ProviderRequest.escaped(cursor.position());
    return ProviderRequest.get(
        switch (address) {
          case QUERY -> kept(cursor.generation(), address) + "&" + from;
          case PATH -> kept(cursor.generation(), address) + "?" + from;
        },
        this);
  }

  @Override
  public List<KeptAddress> addresses() {
    return List.of(KeptAddress.QUERY, KeptAddress.PATH);
  }

  /** llama.cpp stops for nothing else: while it keeps the bytes, it ignores that a reader left. */
  @Override
  public ProviderRequest stop(String generation, KeptAddress address) {
    return ProviderRequest.delete(kept(generation, address), this);
  }

  private static String kept(String name, KeptAddress address) {
    return switch (address) {
      case QUERY -> "stream?conv_id=" + ProviderRequest.escaped(name);
      case PATH -> "stream/" + ProviderRequest.escaped(name);
    };
  }

  @Override
  public boolean countsBytes() {
    return true;
  }

  @Override
  public ProviderRequest kept(ProviderRequest call, String name) {
    return call.withHeader("X-Conversation-Id", name);
  }

  @Override
  public @Nullable ProviderRequest poll(Cursor cursor) {
    return null;
  }

  @Override
  public ProviderRequest tokenize(String body, Partial partial) {
    return Tokens.tokenize(Requests.parse(body), partial, this);
  }

  @Override
  public ProviderRequest complete(String body, Partial partial, String tokens) {
    return Tokens.complete(Requests.parse(body), partial, tokens);
  }
}
