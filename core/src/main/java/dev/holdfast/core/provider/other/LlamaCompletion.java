package dev.holdfast.core.provider.other;

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
import dev.holdfast.core.provider.shared.Messages;
import dev.holdfast.core.provider.shared.NonStreamingDialect;
import dev.holdfast.core.provider.shared.Requests;
import dev.holdfast.core.provider.shared.Sampling;
import dev.holdfast.core.provider.shared.Setting;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.request.Message;
import dev.holdfast.core.request.ResponseFormat;
import dev.holdfast.core.stream.Check;
import dev.holdfast.core.stream.Rung;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** llama.cpp's native {@code /completion}, which knows a prompt and no conversation. */
public final class LlamaCompletion implements ChatDialect {
  private static final String PROMPT = "prompt";
  private static final Sampling SAMPLING =
      new Sampling(
          "n_predict", "top_p", "top_k", "seed", "stop", "frequency_penalty", "presence_penalty");

  /** Names of the output limit; the second one is an alias. */
  private static final String[] LIMITS = {"n_predict", "max_tokens"};

  @Override
  public String id() {
    return "llama-completion";
  }

  @Override
  public FrameDecoder newDecoder(FrameLimits limits) {
    return new SseDecoder(limits);
  }

  @Override
  public DialectReader newReader(CompletionPolicy completion) {
    return new LlamaCompletionReader(completion);
  }

  @Override
  public ProviderRequest call(String body) {
    return ProviderRequest.post("/completion", body, this);
  }

  /** A prompt is the text of one turn: there is no template here for several. */
  @Override
  public String body(ChatRequest request) {
    Setting.refuse(
        request,
        "llama-completion",
        Setting.TOOLS,
        Setting.TOOL_CHOICE,
        Setting.PARALLEL_TOOL_CALLS,
        Setting.JSON_OBJECT,
        Setting.EFFORT,
        Setting.BUDGET,
        Setting.METADATA,
        Setting.USER,
        Setting.SERVICE_TIER);
    var prompt = request.messages().getFirst();
    Check.that(
        request.system().isEmpty()
            && request.messages().size() == 1
            && prompt.role() == Message.Role.USER
            && prompt.isText(),
        "messages",
        "must be one message of the user in llama-completion, of text alone: it knows no conversation",
        request.messages().size()
            + " messages"
            + (request.system().isEmpty() ? "" : " and a system"));
    var members = new LinkedHashMap<String, Json>();
    if (!request.model().isEmpty()) {
      members.put("model", new Json.Str(request.model()));
    }
    members.put(PROMPT, new Json.Str(prompt.text()));
    members.putAll(SAMPLING.of(request));
    if (request.responseFormat().orElse(null) instanceof ResponseFormat.JsonSchema schema) {
      members.put("json_schema", Messages.schema(schema));
    }
    Requests.extra(request.extra(), members);
    members.put("stream", Requests.TRUE);
    return new Json.Obj(members).write();
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
    long seed = json.number("seed", -1);
    return new RequestFacts(
        json.text("model"),
        prompts(json.get(PROMPT)) * Math.clamp(json.number("n_cmpl", 1), 1, 1024),
        false,
        Requests.isSet(json, "grammar") || Requests.isSet(json, "json_schema"),
        // A negative seed is drawn anew.
        Requests.isZero(json, "temperature") || seed >= 0,
        Requests.limit(json, LIMITS));
  }

  /** An array with numbers is one prompt in tokens, any other one holds several prompts. */
  private static int prompts(@Nullable Json prompt) {
    return prompt instanceof Json.Arr(var items) && !isTokens(items)
        ? Math.clamp(items.size(), 1, 1024)
        : 1;
  }

  private static boolean isTokens(List<Json> items) {
    return items.stream().anyMatch(Json.Num.class::isInstance);
  }

  @Override
  public String continuation(String body, Partial partial, Rung rung, Prefill prefill) {
    if (rung == Rung.REPLAY || partial.text().isEmpty()) {
      return body; // Nothing was delivered that could be gone on with.
    }
    if (rung != Rung.PREFILL) {
      throw new IllegalArgumentException("rung: must be PREFILL or REPLAY, was " + rung);
    }
    var json = Requests.parse(body);
    var text = new Json.Str(partial.text());
    Json prompt =
        switch (json.get(PROMPT)) {
          case Json.Str(String begun) -> new Json.Str(begun + partial.text());
          case Json.Arr(var items) when isTokens(items) -> {
            var all = new ArrayList<>(items);
            all.add(text);
            yield new Json.Arr(all);
          }
          case Json.Obj begun when begun.get("prompt_string") instanceof Json.Str(String words) ->
              begun.with("prompt_string", new Json.Str(words + partial.text()));
          case null, default ->
              throw new IllegalArgumentException("body: must have one prompt, has another number");
        };
    var continued = json.with(PROMPT, prompt);
    for (var name : LIMITS) {
      continued = Requests.lowered(continued, name, partial.producedTokens(), 1);
    }
    return continued.write();
  }

  @Override
  public Dialect whole() {
    return NonStreamingDialect.ofChunks(this);
  }
}
