package dev.holdfast.benchmarks.dropins;

import java.util.Locale;

/** The SDKs that are measured. */
enum Sdk {
  OPENAI_JAVA,
  ANTHROPIC_JAVA,
  OKHTTP_SSE,
  LANGCHAIN4J;

  /** {@return a reader over a server, with its drop-in or as the SDK is} */
  SdkReader reader(String baseUrl, boolean held) {
    return switch (this) {
      case OPENAI_JAVA -> new OpenAiReader(baseUrl, held);
      case ANTHROPIC_JAVA -> new AnthropicReader(baseUrl, held);
      case OKHTTP_SSE -> new OkHttpSseReader(baseUrl, held);
      case LANGCHAIN4J -> new LangChain4jReader(baseUrl, held);
    };
  }

  /** {@return the SDK's own name} */
  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** {@return the SDK of a name} */
  static Sdk of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT).replace('-', '_'));
  }
}
