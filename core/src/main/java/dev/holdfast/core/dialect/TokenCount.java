package dev.holdfast.core.dialect;

/** How the tokens of an answer can be counted before it is complete. */
public enum TokenCount {
  /** Events are no measure there: gateways bundle and split them. */
  ESTIMATED,
  /** Each content event holds at least one token: vLLM, SGLang, Ollama, LM Studio. */
  EVENTS,
  /** {@code stream_options.continuous_usage_stats} asks vLLM for the number with each event. */
  USAGE,
  /**
   * {@code timings_per_token} asks llama.cpp for it with each event. Without it an event holds one
   * token, and those before it that ended within its first character.
   */
  TIMINGS
}
