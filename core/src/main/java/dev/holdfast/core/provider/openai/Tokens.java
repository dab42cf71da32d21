package dev.holdfast.core.provider.openai;

import dev.holdfast.core.dialect.ChatDialect;
import dev.holdfast.core.dialect.Partial;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.shared.MessageFormat;
import dev.holdfast.core.provider.shared.Requests;
import dev.holdfast.core.stream.Rung;
import java.util.LinkedHashMap;
import java.util.Set;

/**
 * Requests with token ids, as vLLM and SGLang take them. {@code /tokenize} renders the conversation
 * with the engine's own template, and {@code /v1/completions} continues from the tokens.
 */
final class Tokens {
  /** More ids than any model's context has. */
  private static final int MAX_TOKENS = 1 << 22;

  /** What the template reads, besides the conversation. */
  private static final Set<String> TEMPLATE =
      Set.of(
          "model",
          "messages",
          "tools",
          "chat_template",
          "chat_template_kwargs",
          "add_special_tokens",
          "continue_final_message",
          "add_generation_prompt");

  /** Members of a chat request that a completion does not know, or reads in another way. */
  private static final Set<String> CHAT_ONLY =
      Set.of(
          "messages",
          "tools",
          "tool_choice",
          "parallel_tool_calls",
          "functions",
          "function_call",
          "chat_template",
          "chat_template_kwargs",
          "add_special_tokens",
          "add_generation_prompt",
          "continue_final_message",
          "reasoning_effort",
          "response_format",
          "logprobs",
          "top_logprobs",
          "max_tokens",
          "max_completion_tokens",
          "n_predict",
          "n");

  private Tokens() {}

  static ProviderRequest tokenize(Json.Obj body, Partial partial, ChatDialect dialect) {
    var continued =
        Requests.continued(body, MessageFormat.MESSAGES, partial, Rung.CONTINUE, Prefill.PLAIN);
    var members = new LinkedHashMap<String, Json>();
    continued
        .members()
        .forEach((name, value) -> {
          if (TEMPLATE.contains(name)) {
            members.put(name, value);
          }
        });
    return ProviderRequest.post("/tokenize", new Json.Obj(members).write(), dialect.whole());
  }

  static ProviderRequest complete(Json.Obj body, Partial partial, String tokens) {
    var tokenized = Requests.parse(tokens);
    var ids = tokenized.array("tokens");
    if (ids == null
        || ids.items().isEmpty()
        || ids.items().size() > MAX_TOKENS
        || !ids.items().stream().allMatch(id -> id instanceof Json.Num n && n.whole(-1) >= 0)) {
      throw new IllegalArgumentException("tokens: must be a list of token ids, was another");
    }
    var members = new LinkedHashMap<String, Json>();
    if (body.get("model") instanceof Json.Str model) {
      members.put("model", model);
    }
    members.put("prompt", ids);
    members.put("max_tokens", Json.of(limit(body, partial, tokenized, ids.items().size())));
    body.members()
        .forEach((name, value) -> {
          if (!CHAT_ONLY.contains(name)) {
            members.putIfAbsent(name, value);
          }
        });
    return ProviderRequest.post(
        "completions", new Json.Obj(members).write(), new OpenAiCompletions());
  }

  /**
   * A completion without a limit ends after 16 tokens, a chat continues to the end of the context.
   */
  private static long limit(Json.Obj body, Partial partial, Json.Obj tokenized, int prompt) {
    int asked = Requests.limit(body, OpenAiChat.LIMITS);
    if (asked >= 0) {
      return Math.max(1, asked - Math.max(0, partial.producedTokens()));
    }
    long context = tokenized.number("max_model_len", -1);
    if (context <= prompt) {
      throw new IllegalArgumentException(
          "max_tokens: must be known from the request or the server, was not");
    }
    return context - prompt;
  }
}
