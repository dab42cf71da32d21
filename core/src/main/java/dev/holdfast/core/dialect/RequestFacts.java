package dev.holdfast.core.dialect;

/**
 * What recovery must know about a request.
 *
 * @param model the model's name; empty if absent
 * @param choices number of requested answers, at least 1
 * @param tools whether tools are offered
 * @param structured whether the output is constrained (JSON mode, schema, guided decoding)
 * @param deterministic whether the same request should give the same answer: temperature 0 or a
 *     seed
 * @param maxTokens the output limit, or -1 if none is set
 * @param kept whether the request asks the provider to keep the generation, so that it can be
 *     picked up again when the connection breaks
 * @param begun the words with which the request itself begins the answer; mostly empty
 */
public record RequestFacts(
    String model,
    int choices,
    boolean tools,
    boolean structured,
    boolean deterministic,
    int maxTokens,
    boolean kept,
    String begun) {
  /** Facts about a request that does not begin the answer. */
  public RequestFacts(
      String model,
      int choices,
      boolean tools,
      boolean structured,
      boolean deterministic,
      int maxTokens,
      boolean kept) {
    this(model, choices, tools, structured, deterministic, maxTokens, kept, "");
  }

  /** Facts about a request whose generation is not kept. */
  public RequestFacts(
      String model,
      int choices,
      boolean tools,
      boolean structured,
      boolean deterministic,
      int maxTokens) {
    this(model, choices, tools, structured, deterministic, maxTokens, false);
  }

  /** {@return everything except the words, which are a part of the prompt} */
  @Override
  public String toString() {
    return ("RequestFacts[model=%s, choices=%d, tools=%s, structured=%s, deterministic=%s, "
            + "maxTokens=%d, kept=%s, begun=%d characters]")
        .formatted(
            model, choices, tools, structured, deterministic, maxTokens, kept, begun.length());
  }
}
