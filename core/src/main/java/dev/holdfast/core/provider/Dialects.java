package dev.holdfast.core.provider;

import dev.holdfast.core.dialect.ChatDialect;
import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.frame.AwsEventStreamDecoder;
import dev.holdfast.core.frame.JsonArrayDecoder;
import dev.holdfast.core.frame.LineDecoder;
import dev.holdfast.core.frame.SseDecoder;
import dev.holdfast.core.provider.amazon.BedrockConverseReader;
import dev.holdfast.core.provider.amazon.BedrockInvokeReader;
import dev.holdfast.core.provider.anthropic.AnthropicMessages;
import dev.holdfast.core.provider.google.GeminiArray;
import dev.holdfast.core.provider.google.GeminiInteractions;
import dev.holdfast.core.provider.google.GeminiReader;
import dev.holdfast.core.provider.google.GeminiSse;
import dev.holdfast.core.provider.ollama.OllamaChat;
import dev.holdfast.core.provider.ollama.OllamaReader;
import dev.holdfast.core.provider.openai.OpenAiChat;
import dev.holdfast.core.provider.openai.OpenAiCompletions;
import dev.holdfast.core.provider.openai.OpenAiResponses;
import dev.holdfast.core.provider.other.CohereV2Reader;
import dev.holdfast.core.provider.other.DashScopeReader;
import dev.holdfast.core.provider.other.LlamaCompletion;
import dev.holdfast.core.provider.other.TgiNativeReader;
import dev.holdfast.core.stream.Check;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The protocols that Holdfast reads, and those of them that it also speaks. */
public final class Dialects {
  /** OpenAI's Chat Completions. */
  public static final String OPENAI_CHAT = "openai-chat";

  /** OpenAI's legacy Completions; read only. */
  public static final String OPENAI_COMPLETIONS = "openai-completions";

  /** OpenAI's Responses. */
  public static final String OPENAI_RESPONSES = "openai-responses";

  /** Anthropic's Messages. */
  public static final String ANTHROPIC_MESSAGES = "anthropic-messages";

  /** Cohere's chat, version 2; read only. */
  public static final String COHERE_V2 = "cohere-v2";

  /** Ollama's {@code /api/chat}. */
  public static final String OLLAMA_CHAT = "ollama-chat";

  /** Ollama's {@code /api/generate}; read only. */
  public static final String OLLAMA_GENERATE = "ollama-generate";

  /** llama.cpp's {@code /completion}. */
  public static final String LLAMA_COMPLETION = "llama-completion";

  /** TGI's {@code /generate_stream}; read only. */
  public static final String TGI_NATIVE = "tgi-native";

  /** DashScope with cumulative text; read only. */
  public static final String DASHSCOPE_CUMULATIVE = "dashscope-cumulative";

  /** DashScope with increments; read only. */
  public static final String DASHSCOPE_INCREMENTAL = "dashscope-incremental";

  /** Amazon's ConverseStream; read only. */
  public static final String BEDROCK_CONVERSE = "bedrock-converse";

  /** Amazon's InvokeModelWithResponseStream; read only. */
  public static final String BEDROCK_INVOKE = "bedrock-invoke";

  /** Google's {@code streamGenerateContent} as server-sent events. */
  public static final String GEMINI_SSE = "gemini-sse";

  /** Google's {@code streamGenerateContent} as a JSON array; read only. */
  public static final String GEMINI_JSON_ARRAY = "gemini-json-array";

  /** Google's Interactions. */
  public static final String GEMINI_INTERACTIONS = "gemini-interactions";

  private static final ChatDialect GEMINI_ARRAY = new GeminiArray();

  private static final Map<String, Dialect> BY_ID = new LinkedHashMap<>();

  static {
    add(new OpenAiChat());
    add(new OpenAiCompletions());
    add(new OpenAiResponses());
    add(new AnthropicMessages());
    add(new ReadOnlyDialect(COHERE_V2, SseDecoder::new, CohereV2Reader::new));
    add(new OllamaChat());
    add(new ReadOnlyDialect(OLLAMA_GENERATE, LineDecoder::new, OllamaReader::new));
    add(new LlamaCompletion());
    add(new ReadOnlyDialect(TGI_NATIVE, SseDecoder::new, TgiNativeReader::new));
    add(new ReadOnlyDialect(DASHSCOPE_CUMULATIVE, SseDecoder::new, DashScopeReader::ofCumulative));
    add(new ReadOnlyDialect(DASHSCOPE_INCREMENTAL, SseDecoder::new, DashScopeReader::ofIncrements));
    add(
        new ReadOnlyDialect(
            BEDROCK_CONVERSE, AwsEventStreamDecoder::new, BedrockConverseReader::new));
    add(new ReadOnlyDialect(BEDROCK_INVOKE, AwsEventStreamDecoder::new, BedrockInvokeReader::new));
    add(new GeminiSse());
    add(new ReadOnlyDialect(GEMINI_JSON_ARRAY, JsonArrayDecoder::new, GeminiReader::ofArray));
    add(new GeminiInteractions());
  }

  private Dialects() {}

  private static void add(Dialect dialect) {
    BY_ID.put(dialect.id(), dialect);
  }

  /**
   * {@return the protocol of that name}
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Dialect byId(String id) {
    Objects.requireNonNull(id, "id");
    var dialect = BY_ID.get(id);
    Check.that(
        dialect != null,
        "dialect",
        "must be one of " + String.join(", ", BY_ID.keySet()),
        "'" + id + "'");
    return Objects.requireNonNull(dialect);
  }

  /**
   * {@return the protocol of that name, to make requests with}
   *
   * @throws IllegalArgumentException if Holdfast does not speak it
   */
  public static ChatDialect chat(String id) {
    Objects.requireNonNull(id, "id");
    if (BY_ID.get(id) instanceof ChatDialect dialect) {
      return dialect;
    }
    throw new IllegalArgumentException(
        "protocol: must be one of " + String.join(", ", chatIds()) + ", was '" + id + "'");
  }

  /**
   * {@return the protocol of that name, to relay the answers of a client's own requests} Besides
   * those of {@link #chat}, Google's array.
   *
   * @throws IllegalArgumentException if its answers cannot be relayed
   */
  public static ChatDialect relayed(String id) {
    return Objects.requireNonNull(id, "id").equals(GEMINI_JSON_ARRAY) ? GEMINI_ARRAY : chat(id);
  }

  /** {@return the names of all protocols} */
  public static List<String> ids() {
    return List.copyOf(BY_ID.keySet());
  }

  /** {@return the names of the protocols that Holdfast also speaks} */
  public static List<String> chatIds() {
    return BY_ID.values().stream().filter(ChatDialect.class::isInstance).map(Dialect::id).toList();
  }
}
