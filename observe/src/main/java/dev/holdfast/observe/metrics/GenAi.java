package dev.holdfast.observe.metrics;

import java.util.List;
import java.util.Locale;

/**
 * Names of OpenTelemetry's semantic conventions for generative AI, as of November 2026. They are
 * not stable there, and their constants come only in alpha releases; a test holds those that have
 * one to it.
 */
final class GenAi {
  static final String DURATION = "gen_ai.client.operation.duration";
  static final String TIME_TO_FIRST_CHUNK = "gen_ai.client.operation.time_to_first_chunk";
  static final String TIME_PER_OUTPUT_CHUNK = "gen_ai.client.operation.time_per_output_chunk";
  static final String TOKEN_USAGE = "gen_ai.client.token.usage";

  static final String OPERATION_NAME = "gen_ai.operation.name";
  static final String PROVIDER_NAME = "gen_ai.provider.name";
  static final String REQUEST_MODEL = "gen_ai.request.model";
  static final String REQUEST_STREAM = "gen_ai.request.stream";
  static final String RESPONSE_FINISH_REASONS = "gen_ai.response.finish_reasons";
  static final String RESPONSE_TIME_TO_FIRST_CHUNK = "gen_ai.response.time_to_first_chunk";
  static final String USAGE_INPUT_TOKENS = "gen_ai.usage.input_tokens";
  static final String USAGE_OUTPUT_TOKENS = "gen_ai.usage.output_tokens";
  static final String TOKEN_TYPE = "gen_ai.token.type";
  static final String ERROR_TYPE = "error.type";
  static final String SERVER_ADDRESS = "server.address";
  static final String SERVER_PORT = "server.port";
  static final String HTTP_STATUS = "http.response.status_code";

  /** The bounds that the conventions recommend for every time, in seconds. */
  static final List<Double> SECONDS =
      List.of(
          0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92);

  /** The bounds that they recommend for tokens: powers of four. */
  static final List<Long> TOKENS =
      List.of(
          1L, 4L, 16L, 64L, 256L, 1024L, 4096L, 16384L, 65536L, 262144L, 1048576L, 4194304L,
          16777216L, 67108864L);

  private GenAi() {}

  /** {@return the operation that a dialect's requests ask for} */
  static String operation(String dialect) {
    if (dialect.startsWith("gemini")) {
      return "generate_content";
    }
    return dialect.equals("openai-completions") ? "text_completion" : "chat";
  }

  /** {@return the provider by the host that is asked, else by the dialect it speaks} */
  static String provider(String host, String dialect) {
    String name = host.toLowerCase(Locale.ROOT);
    if (name.endsWith(".openai.azure.com")) {
      return "azure.ai.openai";
    }
    if (name.startsWith("bedrock") && name.endsWith(".amazonaws.com")) {
      return "aws.bedrock";
    }
    if (name.endsWith("aiplatform.googleapis.com")) {
      return "gcp.vertex_ai";
    }
    return switch (name) {
      case "api.openai.com" -> "openai";
      case "api.anthropic.com" -> "anthropic";
      case "generativelanguage.googleapis.com" -> "gcp.gemini";
      case "api.deepseek.com" -> "deepseek";
      case "api.groq.com" -> "groq";
      case "api.mistral.ai" -> "mistral_ai";
      case "api.moonshot.ai", "api.moonshot.cn" -> "moonshot_ai";
      case "api.perplexity.ai" -> "perplexity";
      case "api.x.ai" -> "x_ai";
      case "api.cohere.com", "api.cohere.ai" -> "cohere";
      default -> byDialect(dialect);
    };
  }

  private static String byDialect(String dialect) {
    int dash = dialect.indexOf('-');
    String family = dash < 0 ? dialect : dialect.substring(0, dash);
    return switch (family) {
      case "gemini" -> "gcp.gemini";
      case "bedrock" -> "aws.bedrock";
      case "" -> Names.UNKNOWN;
      default -> family;
    };
  }
}
