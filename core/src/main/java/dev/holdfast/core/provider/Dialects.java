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
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

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

  private static final List<String> IDS =
      List.of(
          OPENAI_CHAT,
          OPENAI_COMPLETIONS,
          OPENAI_RESPONSES,
          ANTHROPIC_MESSAGES,
          COHERE_V2,
          OLLAMA_CHAT,
          OLLAMA_GENERATE,
          LLAMA_COMPLETION,
          TGI_NATIVE,
          DASHSCOPE_CUMULATIVE,
          DASHSCOPE_INCREMENTAL,
          BEDROCK_CONVERSE,
          BEDROCK_INVOKE,
          GEMINI_SSE,
          GEMINI_JSON_ARRAY,
          GEMINI_INTERACTIONS);

  /** Made when they are first asked for: a program that uses one protocol loads no other. */
  private static final ConcurrentMap<String, Dialect> MADE = new ConcurrentHashMap<>();

  private Dialects() {}

  private static @Nullable Dialect known(String id) {
    var known = MADE.get(id);
    if (known != null) {
      return known;
    }
    var made = made(id);
    if (made == null) {
      return null;
    }
    var other = MADE.putIfAbsent(id, made);
    return other == null ? made : other;
  }

  private static @Nullable Dialect made(String id) {
    return switch (id) {
      case OPENAI_CHAT -> new OpenAiChat();
      case OPENAI_COMPLETIONS -> new OpenAiCompletions();
      case OPENAI_RESPONSES -> new OpenAiResponses();
      case ANTHROPIC_MESSAGES -> new AnthropicMessages();
      case COHERE_V2 -> new ReadOnlyDialect(id, SseDecoder::new, CohereV2Reader::new);
      case OLLAMA_CHAT -> new OllamaChat();
      case OLLAMA_GENERATE -> new ReadOnlyDialect(id, LineDecoder::new, OllamaReader::new);
      case LLAMA_COMPLETION -> new LlamaCompletion();
      case TGI_NATIVE -> new ReadOnlyDialect(id, SseDecoder::new, TgiNativeReader::new);
      case DASHSCOPE_CUMULATIVE ->
          new ReadOnlyDialect(id, SseDecoder::new, DashScopeReader::ofCumulative);
      case DASHSCOPE_INCREMENTAL ->
          new ReadOnlyDialect(id, SseDecoder::new, DashScopeReader::ofIncrements);
      case BEDROCK_CONVERSE ->
          new ReadOnlyDialect(id, AwsEventStreamDecoder::new, BedrockConverseReader::new);
      case BEDROCK_INVOKE ->
          new ReadOnlyDialect(id, AwsEventStreamDecoder::new, BedrockInvokeReader::new);
      case GEMINI_SSE -> new GeminiSse();
      case GEMINI_JSON_ARRAY ->
          new ReadOnlyDialect(id, JsonArrayDecoder::new, GeminiReader::ofArray);
      case GEMINI_INTERACTIONS -> new GeminiInteractions();
      default -> null;
    };
  }

  /**
   * {@return the protocol of that name}
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Dialect byId(String id) {
    Objects.requireNonNull(id, "id");
    var dialect = known(id);
    if (dialect == null) {
      throw new IllegalArgumentException(
          "dialect: must be one of " + String.join(", ", IDS) + ", was '" + id + "'");
    }
    return dialect;
  }

  /**
   * {@return the protocol of that name, to make requests with}
   *
   * @throws IllegalArgumentException if Holdfast does not speak it
   */
  public static ChatDialect chat(String id) {
    Objects.requireNonNull(id, "id");
    if (known(id) instanceof ChatDialect dialect) {
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
    return Objects.requireNonNull(id, "id").equals(GEMINI_JSON_ARRAY)
        ? RelayedArray.DIALECT
        : chat(id);
  }

  private static final class RelayedArray {
    static final ChatDialect DIALECT = new GeminiArray();
  }

  /** {@return the names of all protocols} */
  public static List<String> ids() {
    return IDS;
  }

  /** {@return the names of the protocols that Holdfast also speaks} */
  public static List<String> chatIds() {
    return IDS.stream().filter(id -> known(id) instanceof ChatDialect).toList();
  }
}
